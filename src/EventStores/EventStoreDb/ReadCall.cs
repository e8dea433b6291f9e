using Grpc.Core;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.EventStoreDb;

/// <summary>One call of Read that ends. A cut before its first event is made good here; one after it ends the events
/// early, and the caller reads on from where it is.</summary>
sealed class ReadCall(Calls calls, Cluster cluster, ReadReq.Types.Options options, CancellationToken cancel)
    : IAsyncDisposable
{
    AsyncServerStreamingCall<ReadResp>? call;
    ClusterNode? node;

    /// <summary>The server ended the read: there is no more.</summary>
    public bool Whole { get; private set; }

    /// <returns>Null at the end, or where the call was cut.</returns>
    /// <exception cref="EventStoreUnavailableException">The server gives no answer, or refuses.</exception>
    public async ValueTask<RecordedEvent?> Next()
    {
        if (call is null)
            return await calls.Make(Begin, cancel);
        try
        {
            return await Read();
        }
        catch (Exception fault) when (Calls.IsCut(fault))
        {
            calls.Leave(node!, fault, cancel);
            return null;
        }
    }

    async Task<RecordedEvent?> Begin(ClusterNode at)
    {
        call?.Dispose();
        node = at;
        call = at.Streams.Read(new() { Options = options }, cluster.Options(cancel));
        return await Read();
    }

    async Task<RecordedEvent?> Read()
    {
        while (await call!.ResponseStream.MoveNext(cancel))
            switch (call.ResponseStream.Current)
            {
                case { ContentCase: ReadResp.ContentOneofCase.Event, Event.Event: { } wire }:
                    return WireEvents.From(wire);
                case { ContentCase: ReadResp.ContentOneofCase.StreamNotFound }:
                    Whole = true;
                    return null;
            }
        Whole = true;
        return null;
    }

    public ValueTask DisposeAsync()
    {
        call?.Dispose();
        return ValueTask.CompletedTask;
    }
}
