namespace Varve.EventStores.Embedded;

/// <summary>
/// Appends that wait for the writer, and the decision when they are enough for a commit. The disk is faster than the
/// callers: who commits whatever waits, makes a commit for each call or two. So the writer waits, but only where that
/// helps: until three quarters of those wait that are known to append at once, and not longer than <see
/// cref="GatherMax"/>. Known are those of the last commit and those that came during it: each waits for its own answer.
/// Not all of them, so that none idles while a straggler is waited for. One or two callers never wait. A lone caller
/// may commit on its own thread: waking the writer and being woken by it would cost more than the commit.
/// </summary>
sealed class AppendQueue(TimeProvider time) : IDisposable
{
    const int PlacesMax = 4_096;
    const int CallsMax = 256;
    const int EventsMax = 1_024;
    const long BytesMax = 4 << 20;

    /// <summary>More than so many are not waited for: an fsync shared by 64 costs each next to nothing.</summary>
    const int WantedMax = 64;

    static readonly TimeSpan GatherMax = TimeSpan.FromMilliseconds(5);

    readonly SemaphoreSlim places = new(PlacesMax);
    readonly object gate = new();
    readonly Queue<PendingAppend> waiting = new();
    int wanted = 1;
    int callers = 1;
    bool gathered;
    bool committing;
    bool closed;

    /// <summary>Waits for a place in the queue.</summary>
    /// <exception cref="ObjectDisposedException">The store is closed.</exception>
    public async ValueTask Add(PendingAppend append, CancellationToken cancel)
    {
        await places.WaitAsync(cancel);
        lock (gate)
        {
            if (!closed)
            {
                waiting.Enqueue(append);
                if (waiting.Count >= wanted)
                    Monitor.Pulse(gate);
                return;
            }
        }
        places.Release();
        throw new ObjectDisposedException(typeof(EmbeddedEventStore).FullName);
    }

    /// <summary>Lets a lone caller commit; then it must <see cref="Leave"/>.</summary>
    /// <returns>False: there are others, or the store is closed.</returns>
    public bool TryEnter()
    {
        lock (gate)
        {
            if (committing || waiting.Count > 0 || callers > 1 || closed)
                return false;
            gathered = false;
            return committing = true;
        }
    }

    /// <summary>Blocks until there is something to commit; then the caller must <see cref="Leave"/>.</summary>
    /// <param name="batch">The last one; becomes the next one.</param>
    /// <returns>False: closed, and nothing left.</returns>
    public bool Take(List<PendingAppend> batch)
    {
        lock (gate)
        {
            batch.Clear();
            wanted = 1;
            while (committing || (waiting.Count == 0 && !closed))
                Monitor.Wait(gate);
            if (waiting.Count == 0)
                return false;

            committing = true;
            wanted = Math.Clamp(callers * 3 / 4, 1, WantedMax);
            gathered = wanted > 1 && Gather();

            var (events, bytes) = (0, 0L);
            while (batch.Count < CallsMax && waiting.TryPeek(out var next))
            {
                (events, bytes) = (events + next.Events, bytes + next.Bytes);
                if (batch.Count > 0 && (events > EventsMax || bytes > BytesMax))
                    break;
                batch.Add(waiting.Dequeue());
            }
        }
        places.Release(batch.Count);
        return true;
    }

    /// <summary>The commit is done.</summary>
    /// <param name="answered">How many it was for.</param>
    public void Leave(int answered)
    {
        lock (gate)
        {
            var seen = answered + waiting.Count;
            callers = gathered ? Math.Max(callers, seen) : seen;
            committing = false;
            if (waiting.Count > 0 || closed)
                Monitor.Pulse(gate);
        }
    }

    /// <returns>False: fewer came in time than were known.</returns>
    bool Gather()
    {
        var start = time.GetTimestamp();
        while (waiting.Count < wanted && !closed)
        {
            var left = GatherMax - time.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || !Monitor.Wait(gate, left))
                return waiting.Count >= wanted;
        }
        return true;
    }

    /// <summary>Takes no more; what was accepted is still given out.</summary>
    public void Dispose()
    {
        lock (gate)
        {
            closed = true;
            Monitor.Pulse(gate);
        }
    }
}
