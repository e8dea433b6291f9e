using Varve.EventStores.Embedded;

namespace Varve.EventStores.Node;

/// <summary>
/// A read that never ends: first what is there, after the place that the reader names, then what comes. A slow reader
/// falls behind and is read to from the log: it costs no memory, loses nothing, and is told each time that it has
/// caught up.
/// </summary>
sealed class Subscription(EmbeddedEventStore store, NodeStreams streams, EventWriter writer, LinkTargets links)
{
    public async Task Run(ReadRequest request, CancellationToken cancel)
    {
        if (request.Stream is null)
            await FollowAll(request, cancel);
        else
            await FollowStream(request, request.Stream, cancel);
    }

    async Task Confirm()
    {
        await writer.Other(new() { Confirmation = new() { SubscriptionId = Guid.NewGuid().ToString() } });
        await writer.Flush(); // the reader waits for it
    }

    async Task FollowAll(ReadRequest request, CancellationToken cancel)
    {
        await Confirm();
        var after = request.From == ReadRequest.End ? await store.Head(cancel) : new(Math.Max(request.From, 0));
        var (filter, live) = (request.Filter, false);
        var checkpoints = filter is null ? null : new Checkpoints(writer, after.Value, filter.Window);
        await foreach (var batch in store.Subscribe(after, filter?.StreamPrefixes ?? [], cancel))
        {
            foreach (var recorded in batch.Events)
            {
                if (filter?.Matches(recorded) == false)
                    continue;
                if (checkpoints is not null)
                    await checkpoints.Pass(recorded.Position.Value - 1);
                await links.Write(recorded, writer, request.ResolveLinks, cancel);
                if (checkpoints is not null)
                    await checkpoints.Matched(recorded.Position.Value);
            }
            if (checkpoints is not null)
                await checkpoints.Pass(batch.Upto.Value);
            if (batch.Live && !live)
            {
                if (checkpoints is not null && batch.Upto > after)
                    await checkpoints.Set(batch.Upto.Value);
                await writer.Other(new() { CaughtUp = new() });
            }
            live = batch.Live;
            await writer.Flush();
        }
    }

    async Task FollowStream(ReadRequest request, string stream, CancellationToken cancel)
    {
        var head = await store.Head(cancel);
        var state = await streams.Find(stream, cancel);
        if (state.IsTombstoned)
            throw NodeErrors.StreamDeleted(stream);
        await Confirm();
        var after = request.From == ReadRequest.End ? state.Last : request.From;
        if (!state.IsSoftDeleted && after < state.Last)
        {
            var from = Math.Max(after + 1, await streams.FirstShown(state, cancel));
            await foreach (var recorded in store.ReadStream(stream, Direction.Forwards, from, long.MaxValue, cancel))
            {
                await Deliver(recorded);
                after = recorded.Revision;
            }
        }
        var live = false;
        await foreach (var batch in store.Subscribe(head, [stream], cancel))
        {
            foreach (var recorded in batch.Events)
                if (recorded.Stream == stream && recorded.Revision > after)
                    await Deliver(recorded);
            if (batch.Live && !live)
                await writer.Other(new() { CaughtUp = new() });
            live = batch.Live;
            await writer.Flush();
        }

        async Task Deliver(RecordedEvent recorded)
        {
            await links.Write(recorded, writer, request.ResolveLinks, cancel);
            if (recorded.Revision != WrongExpectedRevision.Tombstoned)
                return;
            await writer.Flush();
            throw NodeErrors.StreamDeleted(stream);
        }
    }
}

/// <summary>Tells a filtered subscription how far the log has been looked at. Positions have no gaps: they count what
/// was.</summary>
sealed class Checkpoints(EventWriter writer, long after, long interval)
{
    long last = after;

    /// <summary>Nothing matched up to here, since the last that did.</summary>
    public async ValueTask Pass(long upto)
    {
        while (upto - last >= interval)
            await Set(last + interval);
    }

    /// <summary>An event went out; alone, it says how far it is itself.</summary>
    public async ValueTask Matched(long position)
    {
        if (position - last < interval)
            return;
        if (interval > 1)
            await Set(position);
        last = position;
    }

    public async ValueTask Set(long position)
    {
        var at = (ulong)position;
        await writer.Other(
            new()
            {
                Checkpoint = new() { CommitPosition = at, PreparePosition = at },
            }
        );
        last = position;
    }
}
