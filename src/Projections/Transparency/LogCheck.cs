using Varve.EventStores;

namespace Varve.Projections.Transparency;

/// <summary>What was found.</summary>
/// <param name="Fault">What is wrong first; null if nothing is.</param>
/// <param name="At">The first event that is not as it was; null where none can be named.</param>
/// <param name="Size">Events that the checkpoint is over.</param>
/// <param name="Covered">Position up to which the log was found to be what was signed.</param>
/// <param name="Head">Of the log's last event: what lies between is not signed yet.</param>
public sealed record LogVerdict(string? Fault, Position? At, long Size, Position Covered, Position Head);

/// <summary>
/// Walks the log and builds its tree anew, and compares every hash with what the keeper wrote, up to the signed
/// checkpoint. Writes nothing. Run it once.
/// </summary>
/// <param name="older">A checkpoint that was kept elsewhere: the only defence against who holds the key.</param>
public sealed class LogCheck(
    IEventLog store,
    AuditFolder folder,
    SignedCheckpoint signed,
    SignedCheckpoint? older,
    IProgress<long> progress
)
{
    (long Index, byte[] Hashes, List<byte[]> Entries) kept = (-1, [], []);

    public async Task<LogVerdict> Run(CancellationToken cancel)
    {
        var tree = new EventTree(Compare);
        var head = await store.Head(cancel);
        try
        {
            await Walk(tree, head, cancel);
            return new(null, null, signed.Size, tree.Last, head);
        }
        catch (LogBrokenException broken)
        {
            return new(broken.Message, broken.At, signed.Size, tree.Last, head);
        }
        catch (Exception e) when (e is IOException or FormatException or ArgumentException) // what cannot be read
        {
            return new($"After position {tree.Last}: {e.Message}", null, signed.Size, tree.Last, head);
        }
    }

    async Task Walk(EventTree tree, Position head, CancellationToken cancel)
    {
        if (older?.Size > signed.Size)
            throw new LogBrokenException(
                $"The older checkpoint is over {older.Size} events, the latest one over {signed.Size}."
            );
        CompareRoots(tree);
        if (head > Position.Start)
            await foreach (var batch in store.Subscribe(Position.Start, EventEntry.StreamPrefixes, cancel))
            {
                foreach (var recorded in batch.Events.TakeWhile(_ => tree.Size < signed.Size))
                    Take(tree, recorded);
                progress.Report(tree.Size);
                if (batch.Live || tree.Size == signed.Size)
                    break;
            }
        if (tree.Size < signed.Size)
            throw Missing(EventEntry.PositionOf(Leaf(tree.Size).Entry));
        tree.Unfinished(Compare);
    }

    void Take(EventTree tree, RecordedEvent recorded)
    {
        var (hash, entry) = Leaf(tree.Size);
        var entryIsGood = hash.AsSpan().SequenceEqual(MerkleHash.Leaf(entry));
        if (!hash.AsSpan().SequenceEqual(MerkleHash.Leaf(EventEntry.Of(recorded))))
            throw entryIsGood
                ? Differs(recorded, EventEntry.PositionOf(entry))
                : new LogBrokenException(
                    $"Position {recorded.Position}: the tree has another event, and its entry is lost.",
                    recorded.Position
                );
        if (!entryIsGood)
            throw Spoilt(Tile.In(signed.Size, Tile.Entries, tree.Size / Tile.Full));
        tree.Add(recorded);
        CompareRoots(tree);
    }

    static LogBrokenException Differs(RecordedEvent recorded, Position expected) =>
        recorded.Position > expected ? Missing(expected)
        : recorded.Position < expected
            ? new($"Position {recorded.Position}: this event was put in afterwards.", recorded.Position)
        : new($"Position {expected}: {recorded.Type} of stream {recorded.Stream} is not what was recorded.", expected);

    static LogBrokenException Missing(Position expected) =>
        new($"Position {expected}: the event that was recorded is missing.", expected);

    void CompareRoots(EventTree tree)
    {
        foreach (var checkpoint in (SignedCheckpoint?[])[older, signed])
            if (tree.Size == checkpoint?.Size && !tree.Root().AsSpan().SequenceEqual(checkpoint.Checkpoint.Root))
                throw new LogBrokenException(
                    $"The log up to position {tree.Last} has a tree that fits, but the checkpoint over {tree.Size} "
                        + "events was signed over another: both were rewritten."
                );
    }

    void Compare(Tile tile, ReadOnlySpan<byte> bytes)
    {
        var last = Tile.In(signed.Size, tile.Level, tile.Index);
        if (!folder.Read(last).AsSpan().StartsWith(bytes))
            throw Spoilt(last);
    }

    /// <summary>What the keeper wrote of a leaf; an empty entry if it is lost.</summary>
    (byte[] Hash, byte[] Entry) Leaf(long index)
    {
        if (kept.Index != index / Tile.Full)
        {
            var tile = Tile.In(signed.Size, level: 0, index / Tile.Full);
            kept = (tile.Index, folder.Read(tile), EntryBundle.Parse(folder.Read(tile with { Level = Tile.Entries })));
        }
        var within = (int)(index % Tile.Full);
        var hash = kept.Hashes.AsSpan(within * MerkleHash.Size, MerkleHash.Size).ToArray();
        return (hash, within < kept.Entries.Count ? kept.Entries[within] : []);
    }

    LogBrokenException Spoilt(Tile tile) =>
        new($"{folder.PathOf(tile)} is not what the log gives: the file was changed, the log was not.");
}
