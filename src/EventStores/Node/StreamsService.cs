using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Varve.EventStores.Embedded;
using Varve.EventStores.Protocol;
using Empty = Varve.EventStores.Protocol.Empty;
using Expected = Varve.EventStores.Protocol.AppendReq.Types.Options.ExpectedStreamRevisionOneofCase;

namespace Varve.EventStores.Node;

/// <summary>The service <c>event_store.client.streams.Streams</c> over the embedded log.</summary>
sealed class StreamsService(
    EmbeddedEventStore store,
    NodeStreams streams,
    TimeProvider time,
    IHostApplicationLifetime lifetime
) : Streams.StreamsBase
{
    public override async Task Read(ReadReq request, IServerStreamWriter<ReadResp> responses, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken,
            lifetime.ApplicationStopping
        );
        var read = ReadRequest.Parse(request);
        var body = context.GetHttpContext().Response.BodyWriter;
        var writer = new EventWriter(responses, Flush, read.TextIds, stop.Token);
        var links = new LinkTargets(store, streams);
        try
        {
            if (read.Max is null)
                await new Subscription(store, streams, writer, links).Run(read, stop.Token);
            else
                await new FiniteRead(store, streams, writer, links).Run(read, stop.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw NodeErrors.NotReady();
        }

        async ValueTask Flush(CancellationToken cancel) => await body.FlushAsync(cancel);
    }

    public override async Task<AppendResp> Append(IAsyncStreamReader<AppendReq> requests, ServerCallContext context)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken,
            lifetime.ApplicationStopping
        );
        try
        {
            var append = await Proposed(requests, stop.Token);
            var result = await streams.Append(append, context.CancellationToken);
            return result.Conflict switch
            {
                null => new() { Success = Success(result) },
                { Actual: WrongExpectedRevision.Tombstoned } => throw NodeErrors.StreamDeleted(append.Stream),
                var wrong => new() { WrongExpectedVersion = Refusal(wrong) },
            };
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw NodeErrors.NotReady();
        }
    }

    static async Task<StreamAppend> Proposed(IAsyncStreamReader<AppendReq> requests, CancellationToken cancel)
    {
        if (!await requests.MoveNext(cancel) || requests.Current.Options is not { } options)
            throw NodeErrors.Unexpected("The first message has the options.");
        var stream = ReadRequest.NameOf(options.StreamIdentifier);
        var expected = options.ExpectedStreamRevisionCase switch
        {
            Expected.Revision => Exact(options.Revision),
            Expected.NoStream => ExpectedRevision.NoStream,
            Expected.Any => ExpectedRevision.Any,
            Expected.StreamExists => ExpectedRevision.Exists,
            _ => throw NodeErrors.Invalid("There is no expected_stream_revision."),
        };
        var proposed = new ProposedEvents();
        while (await requests.MoveNext(cancel))
        {
            if (requests.Current.ProposedMessage is not { } message)
                throw NodeErrors.Unexpected("After the options come events.");
            proposed.Add(message.Id, message.Metadata, message.Data, message.CustomMetadata);
        }
        return new(stream, expected, proposed.Events);
    }

    static AppendResp.Types.Success Success(AppendResult result)
    {
        var position = (ulong)result.Position!.Value.Value;
        var success = new AppendResp.Types.Success
        {
            Position = new() { CommitPosition = position, PreparePosition = position },
        };
        if (result.Revision < 0)
            success.NoStream = new Empty();
        else
            success.CurrentRevision = (ulong)result.Revision;
        return success;
    }

    /// <summary>In both groups of fields: older clients read the first.</summary>
    static AppendResp.Types.WrongExpectedVersion Refusal(WrongExpectedRevision wrong)
    {
        var refusal = new AppendResp.Types.WrongExpectedVersion();
        if (wrong.Actual < 0)
            (refusal.CurrentNoStream, refusal.NoStream2060) = (new Empty(), new Empty());
        else
            refusal.CurrentRevision = refusal.CurrentRevision2060 = (ulong)wrong.Actual;
        switch (wrong.Expected.Value)
        {
            case -2:
                (refusal.ExpectedAny, refusal.Any2060) = (new Empty(), new Empty());
                break;
            case -4:
                (refusal.ExpectedStreamExists, refusal.StreamExists2060) = (new Empty(), new Empty());
                break;
            case -1:
                refusal.ExpectedNoStream = new Empty();
                refusal.ExpectedRevision2060 = ulong.MaxValue; // the older group has no other word for it
                break;
            default:
                refusal.ExpectedRevision = refusal.ExpectedRevision2060 = (ulong)wrong.Expected.Value;
                break;
        }
        return refusal;
    }

    public override async Task BatchAppend(
        IAsyncStreamReader<BatchAppendReq> requests,
        IServerStreamWriter<BatchAppendResp> responses,
        ServerCallContext context
    )
    {
        using var appends = new BatchAppends(streams, time, NodeAccess.MayWrite(context));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken,
            lifetime.ApplicationStopping
        );
        try
        {
            await appends.Run(requests, responses, stop.Token, context.CancellationToken);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            throw NodeErrors.NotReady();
        }
    }

    public override async Task<DeleteResp> Delete(DeleteReq request, ServerCallContext context)
    {
        var options = request.Options ?? throw NodeErrors.Invalid("There are no options.");
        var stream = ReadRequest.NameOf(options.StreamIdentifier);
        var expected = options.ExpectedStreamRevisionCase switch
        {
            DeleteReq.Types.Options.ExpectedStreamRevisionOneofCase.Revision => Exact(options.Revision),
            DeleteReq.Types.Options.ExpectedStreamRevisionOneofCase.NoStream => ExpectedRevision.NoStream,
            DeleteReq.Types.Options.ExpectedStreamRevisionOneofCase.Any => ExpectedRevision.Any,
            DeleteReq.Types.Options.ExpectedStreamRevisionOneofCase.StreamExists => ExpectedRevision.Exists,
            _ => throw NodeErrors.Invalid("There is no expected_stream_revision."),
        };
        var position = Done(await streams.Delete(stream, expected, context.CancellationToken));
        return new()
        {
            Position = new() { CommitPosition = position, PreparePosition = position },
        };
    }

    public override async Task<TombstoneResp> Tombstone(TombstoneReq request, ServerCallContext context)
    {
        var options = request.Options ?? throw NodeErrors.Invalid("There are no options.");
        var stream = ReadRequest.NameOf(options.StreamIdentifier);
        var expected = options.ExpectedStreamRevisionCase switch
        {
            TombstoneReq.Types.Options.ExpectedStreamRevisionOneofCase.Revision => Exact(options.Revision),
            TombstoneReq.Types.Options.ExpectedStreamRevisionOneofCase.NoStream => ExpectedRevision.NoStream,
            TombstoneReq.Types.Options.ExpectedStreamRevisionOneofCase.Any => ExpectedRevision.Any,
            TombstoneReq.Types.Options.ExpectedStreamRevisionOneofCase.StreamExists => ExpectedRevision.Exists,
            _ => throw NodeErrors.Invalid("There is no expected_stream_revision."),
        };
        var position = Done(await streams.End(stream, expected, context.CancellationToken));
        return new()
        {
            Position = new() { CommitPosition = position, PreparePosition = position },
        };
    }

    static ulong Done(AppendResult result) =>
        result.Conflict is { } wrong
            ? throw NodeErrors.WrongExpectedRevision(wrong)
            : (ulong)result.Position!.Value.Value;

    internal static ExpectedRevision Exact(ulong revision) =>
        revision < long.MaxValue ? new((long)revision) : throw NodeErrors.Unexpected("The revision is out of range.");
}
