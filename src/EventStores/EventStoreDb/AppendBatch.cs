using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.EventStoreDb;

/// <summary>
/// One call of BatchAppend that stays open: the appends of all callers go over it side by side, each with an id by
/// which its answer is known. When the call is cut, all that wait are told, and are sent again by their callers.
/// Thread-safe.
/// </summary>
sealed class AppendBatch : IDisposable
{
    readonly AsyncDuplexStreamingCall<BatchAppendReq, BatchAppendResp> call;
    readonly ConcurrentDictionary<Guid, Waiting> waiting = new();
    readonly SemaphoreSlim writing = new(1);
    RpcException? ended;

    public AppendBatch(Streams.StreamsClient streams, CallOptions options)
    {
        call = streams.BatchAppend(options);
        _ = Read();
    }

    /// <summary>It takes no more: the next append goes over another one.</summary>
    public bool Ended => Volatile.Read(ref ended) is not null;

    /// <exception cref="RpcException">There was no answer, or one that is no result.</exception>
    public async Task<AppendResult> Append(StreamAppend append, DateTimeOffset deadline, CancellationToken cancel)
    {
        var id = Guid.NewGuid();
        var one = new Waiting(append);
        waiting[id] = one;
        try
        {
            if (Volatile.Read(ref ended) is { } cut)
                throw cut;
            await writing.WaitAsync(cancel);
            try
            {
                await call.RequestStream.WriteAsync(Request(id, append, deadline), CancellationToken.None);
            }
            finally
            {
                writing.Release();
            }
            return await one.Answer.Task.WaitAsync(cancel);
        }
        catch (InvalidOperationException done)
        {
            throw new RpcException(new(StatusCode.Unavailable, done.Message)); // the call ended while this was written
        }
        finally
        {
            waiting.TryRemove(id, out _);
        }
    }

    static BatchAppendReq Request(Guid id, StreamAppend append, DateTimeOffset deadline)
    {
        var options = new BatchAppendReq.Types.Options
        {
            StreamIdentifier = WireEvents.Named(append.Stream),
            Deadline21100 = deadline.ToTimestamp(),
        };
        if (append.Expected == ExpectedRevision.Any)
            options.Any = new();
        else if (append.Expected == ExpectedRevision.Exists)
            options.StreamExists = new();
        else if (append.Expected == ExpectedRevision.NoStream)
            options.NoStream = new();
        else
            options.StreamPosition = (ulong)append.Expected.Value;
        return new()
        {
            CorrelationId = Node.EventIds.ToProtocol(id, asText: false),
            Options = options,
            ProposedMessages = { append.Events.Select(WireEvents.ProposedInBatch) },
            IsFinal = true,
        };
    }

    async Task Read()
    {
        RpcException end = new(new(StatusCode.Unavailable, "The server ended the call."));
        try
        {
            while (await call.ResponseStream.MoveNext(CancellationToken.None))
            {
                var answer = call.ResponseStream.Current;
                if (Node.EventIds.ToGuid(answer.CorrelationId) is { } id && waiting.TryRemove(id, out var one))
                    one.Take(answer);
            }
        }
        catch (RpcException cut)
        {
            end = cut;
        }
        Volatile.Write(ref ended, end);
        foreach (var id in waiting.Keys)
            if (waiting.TryRemove(id, out var one))
                one.Answer.TrySetException(end);
    }

    public void Dispose() => call.Dispose();

    sealed class Waiting(StreamAppend append)
    {
        public TaskCompletionSource<AppendResult> Answer { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Take(BatchAppendResp answer)
        {
            try
            {
                Answer.TrySetResult(Result(answer));
            }
            catch (Exception refused) when (refused is RpcException or ArgumentException)
            {
                Answer.TrySetException(refused);
            }
        }

        AppendResult Result(BatchAppendResp answer)
        {
            if (answer.Success is { } success)
                return AppendResult.Written(new((long)success.Position.CommitPosition), (long)success.CurrentRevision);
            var (error, details) = (answer.Error, answer.Error?.Details);
            if (details is null)
                throw new RpcException(new(StatusCode.Unknown, "An answer without a result."));
            if (details.TryUnpack<WrongExpectedVersion>(out var wrong))
                return Refused(
                    wrong.CurrentStreamRevisionOptionCase
                    == WrongExpectedVersion.CurrentStreamRevisionOptionOneofCase.CurrentStreamRevision
                        ? (long)wrong.CurrentStreamRevision
                        : -1
                );
            if (details.Is(StreamDeleted.Descriptor))
                return Refused(WrongExpectedRevision.Tombstoned);
            if (details.Is(MaximumAppendSizeExceeded.Descriptor))
                throw new ArgumentException($"{append.Stream}: {error!.Message}");
            throw new RpcException(new(StatusOf(error!), error!.Message));
        }

        AppendResult Refused(long actual) => AppendResult.Refused(new(append.Stream, append.Expected, actual));

        /// <summary>A server that is not ready says so without a code.</summary>
        static StatusCode StatusOf(Protocol.Status error) =>
            error.Code == Code.Ok ? StatusCode.Unavailable : (StatusCode)(int)error.Code;
    }
}
