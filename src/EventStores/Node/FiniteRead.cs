using System.Text;
using Google.Protobuf;
using Varve.EventStores.Embedded;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.Node;

/// <summary>A read of at most so many events.</summary>
sealed class FiniteRead(EmbeddedEventStore store, NodeStreams streams, EventWriter writer, LinkTargets links)
{
    /// <summary>Events of EventStoreDB's first page, which decides whether it tells where the stream begins.</summary>
    const long FirstPage = 32;

    public Task Run(ReadRequest request, CancellationToken cancel) =>
        request.Stream is { } stream
            ? ReadStream(request, stream, request.Max!.Value, cancel)
            : ReadAll(request, request.Max!.Value, cancel);

    async Task ReadStream(ReadRequest request, string stream, long max, CancellationToken cancel)
    {
        var forwards = request.Direction == Direction.Forwards;
        if (max == 0 || forwards && request.From == ReadRequest.End)
            throw NodeErrors.Unexpected("Unexpected ReadStreamResult: Error");
        var state = await streams.Find(stream, cancel);
        if (state.IsTombstoned)
            throw NodeErrors.StreamDeleted(stream);
        if (state.IsNotFound)
        {
            await writer.Other(NotFound(stream));
            return;
        }
        var shown = await streams.FirstShown(state, cancel);
        var from = Math.Max(request.From, 0);
        if (request.Extended && forwards && FirstToTell(state, shown, from, max) is { } first)
            await writer.Other(new() { FirstStreamPosition = (ulong)first });
        from = forwards ? Math.Max(from, shown) : Math.Min(from, state.Last);
        await foreach (var recorded in store.ReadStream(stream, request.Direction, from, max, cancel))
        {
            if (recorded.Revision < shown || recorded.Revision > state.Last)
                break; // hidden, or newer than what the last revision is told of
            await links.Write(recorded, writer, request.ResolveLinks, cancel);
        }
        if (request.Extended)
            await writer.Other(new() { LastStreamPosition = (ulong)state.Last });
    }

    /// <returns>Where the reader finds events, if the first page has none and it did not begin there.</returns>
    static long? FirstToTell(StreamState state, long shown, long from, long max)
    {
        var pageEnd = Math.Min(state.Last, from + Math.Min(FirstPage, max) - 1);
        if (from <= pageEnd && pageEnd >= shown)
            return null;
        var first = from > state.Last ? state.Last + 1 : shown;
        return first == from ? null : first;
    }

    async Task ReadAll(ReadRequest request, long max, CancellationToken cancel)
    {
        var forwards = request.Direction == Direction.Forwards;
        if (forwards ? request.From == ReadRequest.End : request.From <= 0)
            return;
        // Forwards the position itself is the first one; backwards it is the first that is left out.
        Position from = forwards ? new(request.From) : new(request.From - 1);
        var wanted = request.Filter?.Matches;
        var look = wanted is null ? max : long.MaxValue;
        if (max == 0)
            return;
        await foreach (var recorded in store.ReadAll(request.Direction, from, look, cancel))
        {
            if (wanted?.Invoke(recorded) == false)
                continue;
            await links.Write(recorded, writer, request.ResolveLinks, cancel);
            if (--max == 0)
                break;
        }
    }

    static ReadResp NotFound(string stream) =>
        new()
        {
            StreamNotFound = new()
            {
                StreamIdentifier = new() { StreamName = ByteString.CopyFrom(stream, Encoding.UTF8) },
            },
        };
}
