using Varve.EventStores;

namespace Varve.Projections.Transparency;

/// <summary>Makes proofs from the files that the keeper wrote, for its latest checkpoint; it may be at work meanwhile.
/// What it makes, it has checked. Not thread-safe.</summary>
public sealed class Prover
{
    readonly AuditFolder folder;
    readonly NoteVerifier key;
    readonly SignedCheckpoint signed;
    readonly TiledTree tree;

    Prover(AuditFolder folder, NoteVerifier key, SignedCheckpoint signed)
    {
        (this.folder, this.key, this.signed) = (folder, key, signed);
        tree = new(signed.Size, folder.Read);
    }

    /// <summary>The latest, verbatim.</summary>
    public string Checkpoint => signed.Note;

    /// <exception cref="FormatException">Key or checkpoint are not what they should be.</exception>
    /// <exception cref="AuditException">There is no checkpoint yet.</exception>
    public static Prover Open(AuditFolder folder)
    {
        var note =
            folder.ReadCheckpoint()
            ?? throw new AuditException(
                $"{folder.Checkpoint} is not there yet: run the server, or 'varve audit checkpoint --sign'."
            );
        var key = folder.ReadKey();
        return new(folder, key, SignedCheckpoint.Open(note, key));
    }

    /// <summary>That the event at this position is in the log.</summary>
    /// <exception cref="AuditException">It is not, or the files are damaged.</exception>
    public TlogProof Inclusion(Position position)
    {
        var (index, entry) = Find(position);
        var proof = new TlogProof(entry, index, tree.Inclusion(index), signed.Note);
        return proof.Holds(signed.Checkpoint, entry) ? proof : throw Damaged();
    }

    /// <summary>That the log begins with what it was.</summary>
    /// <param name="olderNote">A checkpoint of this log.</param>
    /// <exception cref="FormatException">It is not.</exception>
    /// <exception cref="AuditException">The log does not begin with it, or the files are damaged.</exception>
    public ConsistencyProof Consistency(string olderNote)
    {
        var older = SignedCheckpoint.Open(olderNote, key).Checkpoint;
        if (older.Size > signed.Size)
            throw new AuditException($"The log was signed over {older.Size} events, and has {signed.Size} now.");
        var proof = new ConsistencyProof(older.Size, tree.Consistency(older.Size), signed.Note);
        return proof.Holds(older, signed.Checkpoint)
            ? proof
            : throw new AuditException("The log does not begin with what that checkpoint was signed over.");
    }

    (long Index, byte[] Entry) Find(Position position)
    {
        var (first, end) = (0L, (signed.Size + Tile.Full - 1) / Tile.Full);
        while (end - first > 1)
        {
            var middle = first + ((end - first) / 2);
            (first, end) = EventEntry.PositionOf(Bundle(middle)[0]) <= position ? (middle, end) : (first, middle);
        }
        var entries = signed.Size == 0 ? [] : Bundle(first);
        var within = entries.FindIndex(entry => EventEntry.PositionOf(entry) == position);
        var index = (first * Tile.Full) + within;
        return within >= 0 && index < signed.Size
            ? (index, entries[within])
            : throw new AuditException(
                $"No event of Varve at position {position} is under the latest checkpoint, over {signed.Size} events."
            );
    }

    List<byte[]> Bundle(long index) => EntryBundle.Parse(folder.Read(Tile.In(signed.Size, Tile.Entries, index)));

    AuditException Damaged() =>
        new($"The files under {folder.Root} do not give the checkpoint: run 'varve audit check --data'.");
}

/// <summary>What was asked for cannot be proven; the message says why.</summary>
public sealed class AuditException(string message) : Exception(message);
