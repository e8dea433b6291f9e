using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Varve.EventStores.Node;
using Varve.EventStores.Protocol;
using Code = Varve.EventStores.Protocol.Code;
using Nothing = Google.Protobuf.WellKnownTypes.Empty;
using Success = Varve.EventStores.Protocol.BatchAppendResp.Types.Success;
using Timeout = Varve.EventStores.Protocol.Timeout;

namespace Varve.EventStores.Tests.Node;

public sealed class BatchAppendTests(RawNode node) : RawNodeTests(node), IClassFixture<RawNode>
{
    static readonly Nothing Yes = new();

    AsyncDuplexStreamingCall<BatchAppendReq, BatchAppendResp> Call() => Streams.BatchAppend(cancellationToken: Cancel);

    static BatchAppendReq.Types.ProposedMessage Proposed(AppendReq.Types.ProposedMessage message) =>
        BatchAppendReq.Types.ProposedMessage.Parser.ParseFrom(message.ToByteString());

    BatchAppendReq Request(Guid id, int events = 1, Action<BatchAppendReq.Types.Options>? change = null)
    {
        var request = new BatchAppendReq
        {
            CorrelationId = id.ToProtocol(asText: true),
            Options = new() { StreamIdentifier = Name(Own), Any = Yes },
            IsFinal = true,
        };
        change?.Invoke(request.Options);
        request.ProposedMessages.AddRange(Events(events).Select(Proposed));
        return request;
    }

    async Task<BatchAppendResp> Answer(AsyncDuplexStreamingCall<BatchAppendReq, BatchAppendResp> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        return call.ResponseStream.Current;
    }

    async Task<BatchAppendResp> Ask(BatchAppendReq request)
    {
        using var call = Call();
        await call.RequestStream.WriteAsync(request, Cancel);
        var answer = await Answer(call);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Cancel)); // answered once; and the call ends well
        Assert.Equal(request.CorrelationId.ToGuid(), answer.CorrelationId.ToGuid());
        return answer;
    }

    TDetails Refused<TDetails>(BatchAppendResp answer, Code code)
        where TDetails : IMessage<TDetails>, new()
    {
        var (error, name) = (answer.Error, new TDetails().Descriptor.Name);
        Assert.Equal((code, name), (error.Code, error.Message));
        Assert.Equal($"type.googleapis.com/event_store.client.{name}", error.Details.TypeUrl);
        Assert.Equal(Name(Own), answer.StreamIdentifier);
        return error.Details.Unpack<TDetails>();
    }

    [Fact]
    public async Task An_append_is_answered_by_its_correlation_id()
    {
        var request = Request(Guid.NewGuid(), events: 3);
        var answer = await Ask(request);
        Assert.Equal((request.CorrelationId, Name(Own)), (answer.CorrelationId, answer.StreamIdentifier));
        Assert.Equal(2ul, answer.Success.CurrentRevision);
        Assert.Equal(answer.Success.Position.CommitPosition, answer.Success.Position.PreparePosition);
        Assert.Equal(BatchAppendResp.ExpectedStreamPositionOneofCase.None, answer.ExpectedStreamPositionCase);
        Assert.Equal(3, (await Read(OfStream(Own))).Count);

        var structured = Request(Guid.NewGuid());
        structured.CorrelationId = structured.CorrelationId.ToGuid()!.Value.ToProtocol(asText: false);
        Assert.Equal(structured.CorrelationId, (await Ask(structured)).CorrelationId);
    }

    [Fact]
    public async Task No_events_are_a_question()
    {
        var answer = await Ask(Request(Guid.NewGuid(), events: 0));
        Assert.Equal(Success.CurrentRevisionOptionOneofCase.NoStream, answer.Success.CurrentRevisionOptionCase);
    }

    [Fact]
    public async Task A_wrong_expectation_is_an_error_of_that_append_alone()
    {
        var none = Refused<WrongExpectedVersion>(
            await Ask(Request(Guid.NewGuid(), change: o => o.StreamExists = Yes)),
            Code.AlreadyExists
        );
        Assert.NotNull(none.CurrentNoStream);
        Assert.NotNull(none.ExpectedStreamExists);
        await Written(Own, 3);
        var expected = Refused<WrongExpectedVersion>(
            await Ask(Request(Guid.NewGuid(), change: o => o.StreamPosition = 0)),
            Code.AlreadyExists
        );
        Assert.Equal((2ul, 0ul), (expected.CurrentStreamRevision, expected.ExpectedStreamPosition));
        Assert.True(expected.HasExpectedStreamPosition);
        var exists = Refused<WrongExpectedVersion>(
            await Ask(Request(Guid.NewGuid(), change: o => o.NoStream = Yes)),
            Code.AlreadyExists
        );
        Assert.NotNull(exists.ExpectedNoStream);
    }

    [Fact]
    public async Task A_deleted_stream_is_said_to_be()
    {
        await Written(Own, 1);
        var options = new DeleteReq.Types.Options { StreamIdentifier = Name(Own), Any = Set };
        await Streams.DeleteAsync(new() { Options = options }, cancellationToken: Cancel);
        var soft = await Ask(Request(Guid.NewGuid(), change: o => o.StreamExists = Yes));
        Assert.Equal(Name(Own), Refused<StreamDeleted>(soft, Code.NotFound).StreamIdentifier);
        var end = new TombstoneReq.Types.Options { StreamIdentifier = Name(Own), Any = Set };
        await Streams.TombstoneAsync(new() { Options = end }, cancellationToken: Cancel);
        Refused<StreamDeleted>(await Ask(Request(Guid.NewGuid())), Code.NotFound);
    }

    [Fact]
    public async Task What_is_not_whole_is_a_bad_request()
    {
        var noType = Request(Guid.NewGuid());
        noType.ProposedMessages[0].Metadata.Remove("type");
        var noId = Request(Guid.NewGuid());
        noId.ProposedMessages[0].Id = null;
        BatchAppendReq[] bad =
        [
            noType,
            noId,
            Request(Guid.NewGuid(), change: o => o.ClearExpectedStreamPosition()),
            Request(Guid.NewGuid(), change: o => o.Deadline = new() { Seconds = long.MaxValue }),
        ];
        foreach (var request in bad)
            Assert.NotEmpty(Refused<BadRequest>(await Ask(request), Code.InvalidArgument).Message);
        var nameless = await Ask(Request(Guid.NewGuid(), change: o => o.StreamIdentifier = null));
        Assert.True(nameless.Error.Details.Is(BadRequest.Descriptor));
        Assert.Equal("none", Short(await Read(OfStream(Own))));
    }

    [Fact]
    public async Task Chunks_are_one_append()
    {
        using var call = Call();
        var (first, second) = (Request(Guid.NewGuid(), events: 2), Request(Guid.NewGuid(), events: 1));
        first.IsFinal = false;
        await call.RequestStream.WriteAsync(first, Cancel);
        await call.RequestStream.WriteAsync(second, Cancel);
        Assert.Equal(0ul, (await Answer(call)).Success.CurrentRevision); // the other has not come to its end
        var nobodys = new BatchAppendReq { CorrelationId = Guid.NewGuid().ToProtocol(asText: true) };
        await call.RequestStream.WriteAsync(nobodys, Cancel); // ignored

        var more = Request(first.CorrelationId.ToGuid()!.Value, events: 2);
        more.Options = null;
        await call.RequestStream.WriteAsync(more, Cancel);
        await call.RequestStream.CompleteAsync();
        var answer = await Answer(call);
        Assert.Equal((first.CorrelationId, 4ul), (answer.CorrelationId, answer.Success.CurrentRevision));
        Assert.False(await call.ResponseStream.MoveNext(Cancel));
    }

    [Fact]
    public async Task Many_appends_are_answered_each_once()
    {
        const int Count = 2_000;
        using var call = Call();
        var answering = Task.Run(
            async () =>
            {
                var answered = new Dictionary<Guid, ulong>();
                while (await call.ResponseStream.MoveNext(Cancel))
                    answered.Add(
                        call.ResponseStream.Current.CorrelationId.ToGuid()!.Value,
                        call.ResponseStream.Current.Success.CurrentRevision
                    );
                return answered;
            },
            Cancel
        );
        for (var i = 0; i < Count; i++)
            await call.RequestStream.WriteAsync(Request(Guid.NewGuid()), Cancel);
        await call.RequestStream.CompleteAsync();
        var answered = await answering;
        Assert.Equal(Enumerable.Range(0, Count).Select(n => (ulong)n), answered.Values.Order());
    }

    [Fact]
    public async Task A_deadline_that_is_past_is_a_timeout()
    {
        var past = TimeProvider.System.GetUtcNow().AddSeconds(-1).ToTimestamp();
        Refused<Timeout>(
            await Ask(Request(Guid.NewGuid(), change: o => o.Deadline21100 = past)),
            Code.DeadlineExceeded
        );
        Refused<Timeout>(
            await Ask(Request(Guid.NewGuid(), change: o => o.Deadline = Duration.FromTimeSpan(TimeSpan.Zero))),
            Code.DeadlineExceeded
        );
        var never = new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero).ToTimestamp();
        var answer = await Ask(Request(Guid.NewGuid(), change: o => o.Deadline21100 = never));
        Assert.Equal(0ul, answer.Success.CurrentRevision);
    }

    [Fact]
    public async Task A_deadline_that_passes_before_the_last_chunk_is_a_timeout()
    {
        using var call = Call();
        var soon = Duration.FromTimeSpan(TimeSpan.FromMilliseconds(50));
        var open = Request(Guid.NewGuid(), change: o => o.Deadline = soon);
        open.IsFinal = false;
        await call.RequestStream.WriteAsync(open, Cancel);
        var answer = await Answer(call);
        Refused<Timeout>(answer, Code.DeadlineExceeded);
        Assert.Equal(UUID.ValueOneofCase.Structured, answer.CorrelationId.ValueCase);
        Assert.Equal(open.CorrelationId.ToGuid(), answer.CorrelationId.ToGuid());

        var late = Request(open.CorrelationId.ToGuid()!.Value);
        late.Options = null;
        await call.RequestStream.WriteAsync(late, Cancel); // ignored
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Cancel));
        Assert.Equal("none", Short(await Read(OfStream(Own))));
    }

    [Fact]
    public async Task Too_large_an_append_is_refused_and_the_rest_of_it_ignored()
    {
        using var call = Call();
        var large = Request(Guid.NewGuid(), events: 0);
        var proposed = Event();
        proposed.Data = ByteString.CopyFrom(new byte[600_000]);
        large.ProposedMessages.Add(Proposed(proposed));
        large.IsFinal = false;
        await call.RequestStream.WriteAsync(large, Cancel);
        large.Options = null;
        for (var i = 0; i < 5; i++)
            await call.RequestStream.WriteAsync(large, Cancel);
        await call.RequestStream.CompleteAsync();
        var error = Refused<MaximumAppendSizeExceeded>(await Answer(call), Code.InvalidArgument);
        Assert.Equal(1u << 20, error.MaxAppendSize);
        Assert.False(await call.ResponseStream.MoveNext(Cancel));
    }

    [Fact]
    public async Task What_a_client_leaves_open_is_bounded()
    {
        const int Count = 2_000;
        using var call = Call();
        var refused = Task.Run(() => Answer(call), Cancel);
        for (var i = 0; i < Count && !refused.IsCompleted; i++)
        {
            var open = Request(Guid.NewGuid(), events: 0);
            open.IsFinal = false;
            await call.RequestStream.WriteAsync(open, Cancel);
        }
        Refused<MaximumAppendSizeExceeded>(await refused, Code.InvalidArgument);
    }

    /// <summary>Its answers wait for it, and its appends then wait as well: none is in memory without end.</summary>
    [Fact]
    public async Task A_client_that_reads_no_answers_is_not_read_from_for_ever()
    {
        using var call = Call();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var name = new string('n', 2_000); // comes back in each answer
        var sent = 0;
        var sending = Task.Run(
            async () =>
            {
                for (; ; sent++)
                {
                    var request = Request(Guid.NewGuid(), events: 0, change: o => o.StreamIdentifier = Name(name));
                    request.Options.ClearExpectedStreamPosition(); // refused at once
                    await call.RequestStream.WriteAsync(request, stop.Token);
                }
            },
            Cancel
        );
        for (var (before, still) = (-1, 0); still < 500 && sent < 50_000; )
        {
            var now = Volatile.Read(ref sent);
            (before, still) = (now, now == before ? still + 1 : 0);
            await Node.Gossip.ReadAsync(Set, cancellationToken: Cancel); // some time passes
        }
        Assert.InRange(sent, 1, 50_000 - 1);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
    }

    [Fact]
    public async Task Who_goes_away_half_way_leaves_nothing_of_it()
    {
        using (var call = Call())
        {
            var open = Request(Guid.NewGuid(), events: 1);
            open.IsFinal = false;
            await call.RequestStream.WriteAsync(open, Cancel);
            var other = Request(Guid.NewGuid(), change: o => o.StreamIdentifier = Name($"{Own}-other"));
            await call.RequestStream.WriteAsync(other, Cancel);
            await Answer(call);
        }
        Assert.Equal("none", Short(await Read(OfStream(Own))));
        Assert.Equal("0", Short(await Read(OfStream($"{Own}-other"))));
    }
}
