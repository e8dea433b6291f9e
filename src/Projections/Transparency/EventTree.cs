using System.Buffers;
using Varve.EventStores;

namespace Varve.Projections.Transparency;

/// <summary>The tree over the log's events: events in, files out, tiles and bundles of entries. The same events always
/// give the same bytes. Not thread-safe.</summary>
sealed class EventTree
{
    readonly GrowingTree tree;
    readonly ArrayBufferWriter<byte> bundle = new();
    readonly Action<Tile, ReadOnlySpan<byte>> finished;

    EventTree(Func<Action<Tile, ReadOnlySpan<byte>>, GrowingTree> tree, Action<Tile, ReadOnlySpan<byte>> finished)
    {
        this.finished = finished;
        this.tree = tree(finished);
    }

    /// <param name="finished">Given each full file once, bundles before hashes; the bytes are only lent.</param>
    public EventTree(Action<Tile, ReadOnlySpan<byte>> finished)
        : this(sink => new(sink), finished) { }

    public long Size => tree.Size;

    /// <summary>Of the last event in the tree.</summary>
    public Position Last { get; private set; }

    public byte[] Root() => tree.Root();

    /// <summary>Goes on behind the last full tile of a tree.</summary>
    /// <param name="size">Of that tree.</param>
    /// <exception cref="IOException">A file is missing or damaged.</exception>
    public static EventTree Resume(long size, AuditFolder folder, Action<Tile, ReadOnlySpan<byte>> finished)
    {
        var whole = size - (size % Tile.Full);
        var tree = new EventTree(sink => GrowingTree.Resume(whole, tile => folder.Read(tile), sink), finished);
        if (whole > 0)
        {
            var last = folder.Read(new(Tile.Entries, (whole / Tile.Full) - 1, Tile.Full));
            tree.Last = EventEntry.PositionOf(EntryBundle.Parse(last)[^1]);
        }
        return tree;
    }

    /// <returns>The event's entry.</returns>
    public byte[] Add(RecordedEvent recorded)
    {
        if (recorded.Position <= Last)
            throw new InvalidOperationException($"Position {recorded.Position} came after {Last}.");
        var entry = EventEntry.Of(recorded);
        EntryBundle.Append(bundle, entry);
        if ((Size + 1) % Tile.Full == 0)
        {
            finished(new(Tile.Entries, Size / Tile.Full, Tile.Full), bundle.WrittenSpan);
            bundle.ResetWrittenCount();
        }
        tree.Add(MerkleHash.Leaf(entry));
        Last = recorded.Position;
        return entry;
    }

    /// <summary>Gives out the files of the edge, which are not full.</summary>
    public void Unfinished(Action<Tile, ReadOnlySpan<byte>> file)
    {
        if (Size % Tile.Full > 0)
            file(Tile.In(Size, Tile.Entries, Size / Tile.Full), bundle.WrittenSpan);
        tree.Unfinished(file);
    }
}
