using System.Runtime.CompilerServices;
using Grpc.Core;
using Varve.EventStores.Protocol;
using Options = Varve.EventStores.Protocol.ReadReq.Types.Options;

namespace Varve.EventStores.EventStoreDb;

/// <summary>
/// A subscription to $all that outlives its calls: after a cut it goes on behind the last event that was given out. The
/// server sends no faster than the events are taken, so memory is flat however far behind the reader is.
/// </summary>
sealed class Following(EventStoreDbStore store, Calls calls, Cluster cluster, IReadOnlyList<string> streamPrefixes)
{
    const int EventsMax = 1_024;
    const long BytesMax = 4 << 20;

    /// <summary>Events that the server looks at before it says how far it is, where none of them is wanted. It reads as
    /// many at a time: many while there is much to read, then one, since who waits at the end waits for that.</summary>
    const uint WindowBehind = 256;
    const uint WindowLive = 1;

    ClusterNode? node;

    public async IAsyncEnumerable<EventBatch> Run(Position after, [EnumeratorCancellation] CancellationToken cancel)
    {
        for (var pause = Calls.FirstPause; ; pause = Calls.Longer(pause))
        {
            await using var batches = OneCall(after, cancel).GetAsyncEnumerator(cancel);
            var cut = false;
            while (true)
            {
                try
                {
                    if (!await batches.MoveNextAsync())
                        break;
                }
                catch (Exception fault) when (Calls.IsCut(fault))
                {
                    calls.Leave(node!, fault, cancel);
                    cut = true;
                    break;
                }
                yield return batches.Current;
                (after, pause) = (batches.Current.Upto, Calls.FirstPause);
            }
            if (cut)
                await calls.Pause(pause, cancel);
        }
    }

    /// <summary>Ends when the reader has caught up, or has fallen behind: another call with another window goes on.
    /// </summary>
    async IAsyncEnumerable<EventBatch> OneCall(Position after, [EnumeratorCancellation] CancellationToken cancel)
    {
        // All that is in the log now is behind us once the server says that we have caught up.
        var head = await store.Head(cancel);
        var behind = after < head;
        node = await cluster.Find(cancel);
        var request = new ReadReq { Options = OptionsFor(after, behind ? WindowBehind : WindowLive) };
        using var call = node.Streams.Read(request, cluster.Options(cancel));
        var batch = new GrowingBatch(after, first: true);
        while (true)
        {
            // What has come already goes into one batch; it is given out before more is waited for.
            var next = call.ResponseStream.MoveNext(cancel);
            var live = batch.Upto >= head && !next.IsCompleted;
            if (batch.IsFull || !next.IsCompleted && batch.IsWorthwhile(live))
            {
                var ended = behind ? live : batch.IsFull;
                yield return batch.Take(live);
                if (ended)
                    yield break;
            }
            if (!await next)
                throw new RpcException(new(StatusCode.Unavailable, "The server ended the subscription."));
            batch.Add(call.ResponseStream.Current, head);
        }
    }

    Options OptionsFor(Position after, uint window)
    {
        var options = new Options
        {
            Subscription = new(),
            UuidOption = new() { Structured = new() },
            All = EventStoreDbStore.From(after, forwards: true),
        };
        if (streamPrefixes.Count == 0)
            options.NoFilter = new();
        else
            options.Filter = new()
            {
                StreamIdentifier = new() { Prefix = { streamPrefixes } },
                Max = window,
                CheckpointIntervalMultiplier = 1,
            };
        return options;
    }

    /// <summary>What came and was not yet given out.</summary>
    sealed class GrowingBatch(Position upto, bool first)
    {
        List<RecordedEvent> events = [];
        Position given = upto;
        long bytes;
        bool first = first;

        public Position Upto { get; private set; } = upto;

        public bool IsFull => events.Count >= EventsMax || bytes >= BytesMax;

        public bool IsWorthwhile(bool live) => Upto > given || live && first;

        public EventBatch Take(bool live)
        {
            var taken = new EventBatch(events, Upto, live);
            (events, bytes, given, first) = ([], 0, Upto, false);
            return taken;
        }

        public void Add(ReadResp message, Position head)
        {
            switch (message.ContentCase)
            {
                case ReadResp.ContentOneofCase.Event when message.Event.Event is { } wire:
                    var recorded = WireEvents.From(wire);
                    events.Add(recorded);
                    bytes += recorded.Data.Length + recorded.Metadata.Length;
                    Upto = recorded.Position;
                    break;
                // With two different parts it is no place that one position could name.
                case ReadResp.ContentOneofCase.Checkpoint
                    when message.Checkpoint.CommitPosition == message.Checkpoint.PreparePosition:
                    Reach(new((long)message.Checkpoint.CommitPosition));
                    break;
                case ReadResp.ContentOneofCase.CaughtUp:
                    Reach(head);
                    break;
            }
        }

        void Reach(Position position) => Upto = Upto < position ? position : Upto;
    }
}
