using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Varve.EventStores.Protocol;
using Deadline = Varve.EventStores.Protocol.BatchAppendReq.Types.Options.DeadlineOptionOneofCase;
using Empty = Google.Protobuf.WellKnownTypes.Empty;
using Expected = Varve.EventStores.Protocol.BatchAppendReq.Types.Options.ExpectedStreamPositionOneofCase;
using Status = Varve.EventStores.Protocol.Status;
using Timeout = Varve.EventStores.Protocol.Timeout;

namespace Varve.EventStores.Node;

/// <summary>
/// One call of BatchAppend: many appends side by side, told apart by their correlation ids. Each is answered once, as
/// it is done; what goes wrong with one, goes wrong with that one.
/// </summary>
sealed class BatchAppends(NodeStreams streams, TimeProvider time, bool mayWrite) : IDisposable
{
    /// <summary>Appends that are at the log at one time; the client waits with more.</summary>
    const int WritingMax = 256;

    /// <summary>Answers that wait for the client; it reads them, or its appends wait too.</summary>
    const int AnswersMax = 256;

    /// <summary>Appends whose last chunk has not come, and their bytes.</summary>
    const int OpenMax = 1_024;
    const long OpenBytesMax = 64 << 20;

    /// <summary>However late the client's own deadline is.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    readonly ConcurrentDictionary<Guid, OpenAppend> open = new();
    readonly SemaphoreSlim places = new(WritingMax);
    readonly Channel<BatchAppendResp> answers = Channel.CreateBounded<BatchAppendResp>(
        new BoundedChannelOptions(AnswersMax) { SingleReader = true }
    );

    /// <param name="stop">Ends the reading; what has been read whole is answered.</param>
    /// <param name="cancel">The client is gone.</param>
    public async Task Run(
        IAsyncStreamReader<BatchAppendReq> requests,
        IServerStreamWriter<BatchAppendResp> responses,
        CancellationToken stop,
        CancellationToken cancel
    )
    {
        var answering = Answer(responses, cancel);
        try
        {
            while (await requests.MoveNext(stop))
                await Take(requests.Current, stop);
        }
        finally
        {
            foreach (var append in open.Values)
                if (Close(append))
                    append.Dispose();
            for (var i = 0; i < WritingMax; i++)
                await places.WaitAsync(CancellationToken.None); // all that was begun has been answered
            answers.Writer.TryComplete();
            await answering;
        }
    }

    public void Dispose() => places.Dispose();

    async Task Answer(IServerStreamWriter<BatchAppendResp> responses, CancellationToken cancel)
    {
        try
        {
            await foreach (var answer in answers.Reader.ReadAllAsync(cancel))
                await responses.WriteAsync(answer, cancel);
        }
        finally
        {
            answers.Writer.TryComplete(); // nobody waits to give one that nobody takes
        }
    }

    async Task Give(BatchAppendResp answer)
    {
        try
        {
            await answers.Writer.WriteAsync(answer);
        }
        catch (ChannelClosedException)
        {
            // The client is gone.
        }
    }

    async ValueTask Take(BatchAppendReq chunk, CancellationToken cancel)
    {
        if (chunk.CorrelationId.ToGuid() is not { } id)
            throw NodeErrors.Invalid("There is no correlation_id.");
        if (!open.TryGetValue(id, out var append))
        {
            if (chunk.Options is null)
                return; // of one that has been answered
            try
            {
                append = Begin(id, chunk);
            }
            catch (RpcException wrong)
            {
                await Refuse(chunk.CorrelationId, chunk.Options.StreamIdentifier, ErrorOf(wrong));
                return;
            }
        }
        try
        {
            foreach (var message in chunk.ProposedMessages)
                append.Proposed.Add(message.Id, message.Metadata, message.Data, message.CustomMetadata);
            if (!chunk.IsFinal && open.Sum(one => one.Value.Proposed.Bytes) > OpenBytesMax)
                throw NodeErrors.AppendTooLarge();
        }
        catch (RpcException wrong)
        {
            if (!Close(append))
                return;
            append.Dispose();
            await Refuse(append.CorrelationId, append.StreamIdentifier, ErrorOf(wrong));
            return;
        }
        if (!chunk.IsFinal)
            return;
        await places.WaitAsync(cancel);
        if (Close(append))
            _ = Task.Run(() => Write(append), CancellationToken.None); // a lone append is committed by who sends it
        else
            places.Release(); // it has expired
    }

    /// <exception cref="RpcException">It is not to be.</exception>
    OpenAppend Begin(Guid id, BatchAppendReq chunk)
    {
        if (!mayWrite)
            throw NodeErrors.AccessDenied();
        if (open.Count >= OpenMax)
            throw NodeErrors.AppendTooLarge();
        var options = chunk.Options;
        var append = new OpenAppend(
            id,
            chunk.CorrelationId,
            options.StreamIdentifier,
            ReadRequest.NameOf(options.StreamIdentifier),
            ExpectedOf(options),
            LeftUntil(options)
        );
        open[id] = append;
        append.OnExpired(() =>
        {
            if (Close(append))
                _ = Refuse(id.ToProtocol(asText: false), append.StreamIdentifier, TimedOut);
        });
        return append;
    }

    /// <returns>False: somebody else has, and answers.</returns>
    bool Close(OpenAppend append) => open.TryRemove(append.Id, out _);

    async Task Write(OpenAppend append)
    {
        try
        {
            var result = await streams.Append(
                new(append.Stream, append.Expected, append.Proposed.Events),
                append.Expiry
            );
            if (result.Conflict is { } wrong)
                await Refuse(append.CorrelationId, append.StreamIdentifier, ErrorOf(wrong, append.StreamIdentifier));
            else
                await Give(Success(append, result));
        }
        catch (OperationCanceledException)
        {
            await Refuse(append.Id.ToProtocol(asText: false), append.StreamIdentifier, TimedOut);
        }
        catch (Exception fault) when (fault is EventStoreUnavailableException or ObjectDisposedException)
        {
            await Refuse(
                append.CorrelationId,
                append.StreamIdentifier,
                new() { Message = "Server Is Not Ready", Details = Packed(new Empty()) }
            );
        }
        catch (Exception fault)
        {
            await Refuse(append.CorrelationId, append.StreamIdentifier, BadRequest(fault.Message));
        }
        finally
        {
            append.Dispose();
            places.Release();
        }
    }

    Task Refuse(UUID correlationId, StreamIdentifier? stream, Status error) =>
        Give(
            new()
            {
                CorrelationId = correlationId,
                StreamIdentifier = stream,
                Error = error,
            }
        );

    static BatchAppendResp Success(OpenAppend append, AppendResult result)
    {
        var position = (ulong)result.Position!.Value.Value;
        var success = new BatchAppendResp.Types.Success
        {
            Position = new() { CommitPosition = position, PreparePosition = position },
        };
        if (result.Revision < 0)
            success.NoStream = new Empty();
        else
            success.CurrentRevision = (ulong)result.Revision;
        return new()
        {
            CorrelationId = append.CorrelationId,
            StreamIdentifier = append.StreamIdentifier,
            Success = success,
        };
    }

    static Status TimedOut => Error(Code.DeadlineExceeded, new Timeout());

    static Status ErrorOf(WrongExpectedRevision wrong, StreamIdentifier stream)
    {
        if (wrong.Actual == WrongExpectedRevision.Tombstoned)
            return Error(Code.NotFound, new StreamDeleted { StreamIdentifier = stream });
        var detail = new WrongExpectedVersion();
        if (wrong.Actual < 0)
            detail.CurrentNoStream = new Empty();
        else
            detail.CurrentStreamRevision = (ulong)wrong.Actual;
        switch (wrong.Expected.Value)
        {
            case -1:
                detail.ExpectedNoStream = new Empty();
                break;
            case -2:
                detail.ExpectedAny = new Empty();
                break;
            case -4:
                detail.ExpectedStreamExists = new Empty();
                break;
            default:
                detail.ExpectedStreamPosition = (ulong)wrong.Expected.Value;
                break;
        }
        return Error(Code.AlreadyExists, detail);
    }

    static Status ErrorOf(RpcException wrong) =>
        (wrong.StatusCode, wrong.Trailers.GetValue("exception")) switch
        {
            (StatusCode.PermissionDenied, _) => Error(Code.PermissionDenied, new AccessDenied()),
            (StatusCode.DeadlineExceeded, _) => TimedOut,
            (_, "maximum-append-size-exceeded") => Error(
                Code.InvalidArgument,
                new MaximumAppendSizeExceeded { MaxAppendSize = NewEvent.DataBytesMax }
            ),
            _ => BadRequest(wrong.Status.Detail),
        };

    static Status BadRequest(string message) => Error(Code.InvalidArgument, new BadRequest { Message = message });

    /// <summary>Clients go by the type of the details; the message is its name.</summary>
    static Status Error(Code code, IMessage details) =>
        new()
        {
            Code = code,
            Message = details.Descriptor.Name,
            Details = Packed(details),
        };

    static Any Packed(IMessage message) => Any.Pack(message);

    static ExpectedRevision ExpectedOf(BatchAppendReq.Types.Options options) =>
        options.ExpectedStreamPositionCase switch
        {
            Expected.StreamPosition => StreamsService.Exact(options.StreamPosition),
            Expected.NoStream => ExpectedRevision.NoStream,
            Expected.Any => ExpectedRevision.Any,
            Expected.StreamExists => ExpectedRevision.Exists,
            _ => throw NodeErrors.Invalid("There is no expected_stream_position."),
        };

    TimeSpan LeftUntil(BatchAppendReq.Types.Options options)
    {
        try
        {
            var left = options.DeadlineOptionCase switch
            {
                Deadline.Deadline21100 => options.Deadline21100.ToDateTimeOffset() - time.GetUtcNow(),
                Deadline.Deadline => options.Deadline.ToTimeSpan(),
                _ => Patience,
            };
            return left <= TimeSpan.Zero ? throw new RpcException(new(StatusCode.DeadlineExceeded, "It has passed."))
                : left < Patience ? left
                : Patience;
        }
        catch (InvalidOperationException)
        {
            throw NodeErrors.Invalid("The deadline is out of range.");
        }
    }
}

/// <summary>An append that is coming in, and then written.</summary>
sealed class OpenAppend(
    Guid id,
    UUID correlationId,
    StreamIdentifier streamIdentifier,
    string stream,
    ExpectedRevision expected,
    TimeSpan untilDeadline
) : IDisposable
{
    readonly CancellationTokenSource expiry = new(untilDeadline);

    public Guid Id => id;

    /// <summary>As the client wrote it.</summary>
    public UUID CorrelationId => correlationId;

    public StreamIdentifier StreamIdentifier => streamIdentifier;

    public string Stream => stream;

    public ExpectedRevision Expected => expected;

    public ProposedEvents Proposed { get; } = new();

    /// <summary>Ends the wait for chunks, and for the log.</summary>
    public CancellationToken Expiry => expiry.Token;

    public void OnExpired(Action action) => expiry.Token.UnsafeRegister(_ => action(), null);

    public void Dispose() => expiry.Dispose();
}
