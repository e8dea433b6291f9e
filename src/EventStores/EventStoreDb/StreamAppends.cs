using Grpc.Core;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.EventStoreDb;

/// <summary>Appends to one stream or several. Thread-safe.</summary>
sealed class StreamAppends(EventStoreDbStore store, Cluster cluster, Calls calls)
{
    public async ValueTask<AppendResult> Append(IReadOnlyList<StreamAppend> appends, CancellationToken cancel)
    {
        if (appends is [{ Events.Count: > 0 } only])
            return await AppendOne(only, cancel);

        // The server knows no append to several streams. So that little is left half-done, all expectations are looked
        // at before the first is written; and what was half-done by a call that was cut, is found.
        var places = await Task.WhenAll(appends.Select(append => Look(append, cancel)));
        var bearing = places.Where(place => place.Append.Events.Count > 0).ToArray();
        if (bearing.Length > 0 && Array.TrueForAll(bearing, place => place.Stored is not null))
            return AppendResult.Written(bearing.Max(place => place.Stored!.Value), RevisionAfter(places[0]));
        if (Array.Find(places, place => !place.Holds && place.Stored is null) is { } wrong)
            return AppendResult.Refused(wrong.Conflict);
        if (bearing.Length == 0)
            return AppendResult.Written(await store.Head(cancel), places[0].Last);

        var (last, revision) = (Position.Start, places[0].Last);
        var left = Array.FindAll(bearing, place => place.Stored is null);
        var rest = left.Skip(1).Select(place => place.Append).ToArray();
        foreach (var place in bearing)
        {
            var result = place.Stored is { } stored
                ? AppendResult.Written(stored, RevisionAfter(place))
                : await AppendOne(place == left[0] ? AppendRest.CarriedBy(place.Append, rest) : place.Append, cancel);
            if (result.Conflict is not null)
                return result; // the caller decides again, over what has been written
            last = last < result.Position!.Value ? result.Position.Value : last;
            if (place == places[0])
                revision = result.Revision;
        }
        return AppendResult.Written(last, revision);
    }

    static long RevisionAfter(Place place) =>
        place.Append.Expected.Value >= -1 ? place.Append.Expected.Value + place.Append.Events.Count : place.Last;

    /// <summary>A stream before an append.</summary>
    /// <param name="Last">Revision of its last event; −1 if it has none.</param>
    /// <param name="Stored">Position of the append's last event, if all are there already.</param>
    sealed record Place(StreamAppend Append, long Last, bool Holds, Position? Stored)
    {
        public WrongExpectedRevision Conflict => new(Append.Stream, Append.Expected, Last);
    }

    async Task<Place> Look(StreamAppend append, CancellationToken cancel)
    {
        var last = -1L;
        await foreach (var e in store.ReadStream(append.Stream, Direction.Backwards, long.MaxValue, 1, cancel))
            last = e.Revision;
        var expected = append.Expected;
        var holds =
            expected == ExpectedRevision.Any
            || (expected == ExpectedRevision.Exists ? last >= 0 : expected.Value == last);
        return new(append, last, holds, await Stored(append, last, cancel));
    }

    /// <returns>Null unless every event is where this append would put it.</returns>
    async Task<Position?> Stored(StreamAppend append, long last, CancellationToken cancel)
    {
        var (count, position, number) = (append.Events.Count, Position.Start, 0);
        var first = append.Expected.Value >= -1 ? append.Expected.Value + 1 : last + 1 - count;
        if (count == 0 || first < 0 || first + count - 1 > last)
            return null;
        await foreach (var e in store.ReadStream(append.Stream, Direction.Forwards, first, count, cancel))
        {
            if (e.Id != append.Events[number++].Id)
                return null;
            position = e.Position;
        }
        return number == count ? position : null;
    }

    /// <summary>After no answer it is made again: the server knows events by their ids.</summary>
    async Task<AppendResult> AppendOne(StreamAppend append, CancellationToken cancel) =>
        await calls.Make(node => Send(node, append, cancel), cancel);

    async Task<AppendResult> Send(ClusterNode node, StreamAppend append, CancellationToken cancel)
    {
        var (open, ask) = (
            cluster.Options(CancellationToken.None),
            cluster.OptionsWithDeadline(CancellationToken.None)
        );
        if (await node.Batch(open, ask) is { } batch)
            return await batch.Append(append, cluster.Deadline, cancel);
        using var call = node.Streams.Append(cluster.OptionsWithDeadline(cancel));
        try
        {
            await call.RequestStream.WriteAsync(new() { Options = OptionsOf(append) }, cancel);
            foreach (var @event in append.Events)
                await call.RequestStream.WriteAsync(new() { ProposedMessage = WireEvents.Proposed(@event) }, cancel);
            await call.RequestStream.CompleteAsync();
            return ResultOf(append, await call.ResponseAsync);
        }
        catch (RpcException deleted) when (Calls.Exception(deleted) == "stream-deleted")
        {
            return AppendResult.Refused(new(append.Stream, append.Expected, WrongExpectedRevision.Tombstoned));
        }
        catch (RpcException large) when (Calls.Exception(large) == "maximum-append-size-exceeded")
        {
            throw new ArgumentException($"{append.Stream}: {large.Status.Detail}", nameof(append), large);
        }
    }

    static AppendReq.Types.Options OptionsOf(StreamAppend append)
    {
        var options = new AppendReq.Types.Options { StreamIdentifier = WireEvents.Named(append.Stream) };
        if (append.Expected == ExpectedRevision.Any)
            options.Any = new();
        else if (append.Expected == ExpectedRevision.Exists)
            options.StreamExists = new();
        else if (append.Expected == ExpectedRevision.NoStream)
            options.NoStream = new();
        else
            options.Revision = (ulong)append.Expected.Value;
        return options;
    }

    static AppendResult ResultOf(StreamAppend append, AppendResp answer)
    {
        if (answer.WrongExpectedVersion is { } wrong)
        {
            var none =
                wrong.CurrentRevisionOptionCase
                != AppendResp.Types.WrongExpectedVersion.CurrentRevisionOptionOneofCase.CurrentRevision;
            return AppendResult.Refused(new(append.Stream, append.Expected, none ? -1 : (long)wrong.CurrentRevision));
        }
        return AppendResult.Written(
            new((long)answer.Success.Position.CommitPosition),
            (long)answer.Success.CurrentRevision
        );
    }
}
