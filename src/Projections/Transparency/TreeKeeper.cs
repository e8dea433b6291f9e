using Microsoft.Extensions.Logging;
using Varve.EventStores;

namespace Varve.Projections.Transparency;

/// <summary>
/// Keeps the tree over the log, beside the requests and without hurry, and signs what it has become. A checkpoint is
/// written when all full tiles that it names are on stable storage; what comes behind those is built again from the log
/// after a crash. What was signed once is never contradicted: where the log does not agree with the last checkpoint,
/// nothing is signed any more. Run it once.
/// </summary>
/// <param name="interval">Between two looks at the log, and so between two checkpoints.</param>
public sealed class TreeKeeper(
    IEventStore store,
    AuditFolder folder,
    NoteSigner key,
    TimeSpan interval,
    TimeProvider clock,
    ILogger<TreeKeeper> logger
)
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    readonly List<Tile> unsynced = [];
    EventTree? tree;
    SignedCheckpoint? signed;
    Position looked;
    long published;

    /// <summary>Follows the log until cancelled. Faults are logged and tried again; a broken log ends it.</summary>
    public async Task Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
            try
            {
                await CatchUp(cancel);
                await Task.Delay(interval, clock, cancel);
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (LogBrokenException broken)
            {
                logger.LogBroken(broken.Message);
                return;
            }
            catch (Exception fault)
            {
                logger.TreeFailed(Pause, fault);
                tree = null; // what is on disk counts
                await Task.Delay(Pause, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
    }

    /// <summary>Takes in what the log has by now, and signs it.</summary>
    /// <returns>The latest checkpoint.</returns>
    /// <exception cref="LogBrokenException">The log does not agree with what was signed.</exception>
    public async Task<SignedCheckpoint> CatchUp(CancellationToken cancel)
    {
        var grown = tree ?? Open();
        if (await store.Head(cancel) > looked)
            await foreach (var batch in store.Subscribe(looked, EventEntry.StreamPrefixes, cancel))
            {
                foreach (var recorded in batch.Events)
                {
                    grown.Add(recorded);
                    MeetCheckpoint(grown);
                }
                looked = batch.Upto;
                if (batch.Live)
                    break;
                if (grown.Size > (signed?.Size ?? 0) && clock.GetElapsedTime(published) > interval)
                    Publish(grown);
            }
        if (grown.Size < signed?.Size)
            throw new LogBrokenException($"The log has {grown.Size} events, and a checkpoint over {signed.Size}.");
        if (signed is null || grown.Size > signed.Size)
            Publish(grown);
        return signed!;
    }

    EventTree Open()
    {
        unsynced.Clear();
        signed = folder.ReadCheckpoint() is { } note ? OpenCheckpoint(note) : null;
        tree =
            signed is not null && folder.HasTiles ? EventTree.Resume(signed.Size, folder, Write) : new EventTree(Write);
        looked = tree.Last;
        MeetCheckpoint(tree);
        logger.TreeOpened(tree.Size, tree.Last);
        return tree;
    }

    SignedCheckpoint OpenCheckpoint(string note)
    {
        try
        {
            return SignedCheckpoint.Open(note, key.Verifier);
        }
        catch (FormatException wrong)
        {
            throw new LogBrokenException($"{folder.Checkpoint}: {wrong.Message}");
        }
    }

    /// <summary>Where the tree is what was signed last, it must have the root that was signed; its files may have to
    /// be made again.</summary>
    void MeetCheckpoint(EventTree grown)
    {
        if (grown.Size != signed?.Size)
            return;
        if (!grown.Root().AsSpan().SequenceEqual(signed.Checkpoint.Root))
            throw new LogBrokenException(
                $"The log up to position {grown.Last} is not what the checkpoint over {signed.Size} events says."
            );
        Settle(grown);
    }

    void Write(Tile tile, ReadOnlySpan<byte> bytes)
    {
        folder.Write(tile, bytes);
        unsynced.Add(tile);
    }

    void Settle(EventTree grown)
    {
        grown.Unfinished(folder.Write);
        folder.Sync(unsynced);
        unsynced.Clear();
    }

    void Publish(EventTree grown)
    {
        Settle(grown);
        signed = SignedCheckpoint.Sign(new(key.Verifier.Name, grown.Size, grown.Root()), key);
        folder.WriteCheckpoint(signed.Note);
        published = clock.GetTimestamp();
        logger.CheckpointSigned(signed.Size, grown.Last);
    }
}

/// <summary>The log is not what was signed.</summary>
/// <param name="at">The first event that is not as it was; null where none can be named.</param>
public sealed class LogBrokenException(string message, Position? at = null) : Exception(message)
{
    public Position? At { get; } = at;
}
