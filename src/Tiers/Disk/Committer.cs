using Microsoft.Extensions.Logging;

namespace Varve.Tiers.Disk;

/// <summary>
/// Group commit: one thread of its own writes the records of all who wait, syncs once, and lets them go. Thread-safe.
/// </summary>
/// <remarks>
/// A sync is faster than the next request, so committing at once would serve hardly more than one writer a sync. The
/// committer aims at as many records as it has just seen in flight (those of the last commit and those that came during
/// it) and waits for them: until they are there, until a millisecond brings no further one, or at most
/// <see cref="DiskTierOptions.GatherMilliseconds"/>. A lone writer is never in flight with another, so it never waits;
/// it commits on its own thread, since waking another one and being woken by it would cost more than the write.
/// </remarks>
sealed class Committer : IDisposable
{
    const int GatheredMax = 512;

    readonly object gate = new();
    readonly string folder;
    readonly DiskTierOptions options;
    readonly DiskCounters counters;
    readonly ILogger logger;
    readonly Thread thread;
    List<Pending> waiting = [];
    List<Pending> spare = [];
    int wakeAt;
    int aim = 1;
    bool committing;
    bool closing;

    // Of whoever commits:
    VolumeWriter? volume;
    int lastNumber;

    /// <summary>Recovers the newest volume and starts.</summary>
    public Committer(string folder, DiskTierOptions options, DiskCounters counters, ILogger logger)
    {
        (this.folder, this.options, this.counters, this.logger) = (folder, options, counters, logger);
        lastNumber = Directory
            .EnumerateFiles(folder, "*.vol")
            .Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path), out var number) ? number : 0)
            .DefaultIfEmpty(0)
            .Max();
        if (lastNumber > 0)
        {
            volume = VolumeWriter.Recover(folder, lastNumber, options, out var unfinished);
            logger.VolumeRecovered(lastNumber, unfinished);
        }
        thread = new Thread(Run) { IsBackground = true, Name = "varve-volumes" };
        thread.Start();
    }

    /// <summary>Makes a sealed record durable.</summary>
    /// <param name="record">Must stay as it is until the task ends.</param>
    /// <exception cref="IOException">Nothing is kept; the next append may well succeed.</exception>
    public Task<(int Volume, long Offset)> Append(Memory<byte> record)
    {
        var pending = new Pending(record);
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closing, typeof(DiskTier));
            if (committing || waiting.Count > 0 || aim > 1)
            {
                waiting.Add(pending);
                if (waiting.Count >= wakeAt)
                    Monitor.Pulse(gate);
                return pending.Done.Task;
            }
            committing = true;
        }
        Commit([pending]);
        return pending.Done.Task;
    }

    /// <summary>Commits what waits, then stops.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closing = true;
            Monitor.Pulse(gate);
        }
        thread.Join();
        volume?.Dispose();
    }

    void Run()
    {
        while (Gather(out var quiet) is { } batch)
        {
            if (quiet)
                aim = Math.Max(batch.Count, aim / 2); // halved: one hiccup should not scatter a whole crowd
            Commit(batch);
            batch.Clear();
            spare = batch;
        }
    }

    /// <returns>At least one record; null at the end.</returns>
    List<Pending>? Gather(out bool quiet)
    {
        quiet = false;
        lock (gate)
        {
            wakeAt = 1;
            while (waiting.Count == 0 || committing)
            {
                if (closing && !committing)
                    return null;
                Monitor.Wait(gate);
            }

            committing = true;
            wakeAt = aim;
            for (var i = 0; waiting.Count < aim && !closing; i++)
            {
                var before = waiting.Count;
                quiet = i == options.GatherMilliseconds;
                if (quiet)
                    break;
                Monitor.Wait(gate, millisecondsTimeout: 1);
                quiet = waiting.Count == before;
                if (quiet)
                    break;
            }
            wakeAt = int.MaxValue;
            (waiting, spare) = (spare, waiting);
            return spare;
        }
    }

    void Commit(List<Pending> batch)
    {
        Write(batch);
        lock (gate)
        {
            committing = false;
            aim = Math.Min(Math.Max(batch.Count + waiting.Count, aim), GatheredMax);
            if (waiting.Count > 0 || closing)
                Monitor.Pulse(gate);
        }
    }

    void Write(List<Pending> batch)
    {
        for (var next = 0; next < batch.Count; )
        {
            var first = next;
            try
            {
                if (volume is null || !volume.Fits(batch[next].Record.Length))
                    Roll();
                for (; next < batch.Count && volume!.Fits(batch[next].Record.Length); next++)
                    batch[next].Place = (volume.Number, volume.Append(batch[next].Record.Span));
                volume!.Sync();
            }
            catch (Exception e)
            {
                // What a failed sync has left in the file is not known: this volume takes no more.
                volume?.Dispose();
                volume = null;
                next = batch.Count;
                logger.CommitFailed(next - first, e);
                for (var i = first; i < next; i++)
                    batch[i].Done.SetException(new IOException($"Not stored: {e.Message}", e));
                return;
            }
            counters.Committed(next - first);
            for (var i = first; i < next; i++)
                batch[i].Done.SetResult(batch[i].Place);
        }
    }

    void Roll()
    {
        volume?.Dispose();
        volume = null;
        volume = VolumeWriter.Create(folder, lastNumber + 1, options);
        lastNumber++;
    }

    sealed class Pending(Memory<byte> record)
    {
        public Memory<byte> Record { get; } = record;
        public (int Volume, long Offset) Place { get; set; }
        public TaskCompletionSource<(int Volume, long Offset)> Done { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
