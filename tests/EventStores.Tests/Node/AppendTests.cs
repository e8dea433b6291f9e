using Google.Protobuf;
using Grpc.Core;
using Varve.EventStores.Protocol;
using Wrong = Varve.EventStores.Protocol.AppendResp.Types.WrongExpectedVersion;

namespace Varve.EventStores.Tests.Node;

public sealed class AppendTests(RawNode node) : RawNodeTests(node), IClassFixture<RawNode>
{
    [Theory]
    [InlineData(0, -2, true), InlineData(0, -1, true), InlineData(0, -4, false), InlineData(0, 0, false)]
    [InlineData(2, -2, true), InlineData(2, -1, false), InlineData(2, -4, true), InlineData(2, 1, true)]
    [InlineData(2, 0, false), InlineData(2, 5, false)]
    public async Task An_expectation_holds_or_the_answer_says_what_is(int events, long expected, bool holds)
    {
        if (events > 0)
            await Written(Own, events);
        var answer = await Append(Own, expected, Events(3));
        if (holds)
        {
            Assert.Equal((ulong)events + 2, answer.Success.CurrentRevision);
            Assert.Equal(answer.Success.Position.PreparePosition, answer.Success.Position.CommitPosition);
            return;
        }
        var wrong = answer.WrongExpectedVersion;
        var none = events == 0;
        Assert.Equal(none, wrong.CurrentNoStream is not null);
        Assert.Equal(none, wrong.NoStream2060 is not null);
        if (!none)
            Assert.Equal((1ul, 1ul), (wrong.CurrentRevision, wrong.CurrentRevision2060));
        var said = (wrong.ExpectedRevisionOptionCase, wrong.ExpectedRevisionOption2060Case);
        var words = expected switch
        {
            -4 => (
                Wrong.ExpectedRevisionOptionOneofCase.ExpectedStreamExists,
                Wrong.ExpectedRevisionOption2060OneofCase.StreamExists2060
            ),
            -1 => (
                Wrong.ExpectedRevisionOptionOneofCase.ExpectedNoStream,
                Wrong.ExpectedRevisionOption2060OneofCase.ExpectedRevision2060
            ),
            _ => (
                Wrong.ExpectedRevisionOptionOneofCase.ExpectedRevision,
                Wrong.ExpectedRevisionOption2060OneofCase.ExpectedRevision2060
            ),
        };
        Assert.Equal(words, said);
        if (expected != -4)
            Assert.Equal((ulong)expected, wrong.ExpectedRevision2060);
    }

    [Fact]
    public async Task Zero_is_on_the_wire()
    {
        var success = (await Append(Own, -1, Event())).Success;
        Assert.True(success.HasCurrentRevision);
        Assert.Equal(0ul, success.CurrentRevision);
    }

    [Fact]
    public async Task No_events_are_a_question()
    {
        Assert.NotNull((await Append(Own, -2)).Success.NoStream);
        Assert.NotNull((await Append(Own, -1)).Success.NoStream);
        Assert.NotNull((await Append(Own, -4)).WrongExpectedVersion.CurrentNoStream);
        await Written(Own, 3);
        Assert.Equal(2ul, (await Append(Own, 2)).Success.CurrentRevision);
        Assert.Equal(2ul, (await Append(Own, -2)).Success.CurrentRevision);
        Assert.Equal(2ul, (await Append(Own, 1)).WrongExpectedVersion.CurrentRevision);
    }

    [Theory, InlineData(-1), InlineData(-2), InlineData(-4), InlineData(0)]
    public async Task The_same_events_again_are_there_already(long expected)
    {
        var first = expected is -4 or 0 ? 1 : 0;
        if (first > 0)
            await Append(Own, -1, Event());
        var events = Events(3);
        var written = (await Append(Own, expected, events)).Success;
        await Append(Own, first + 2, Event());

        Assert.Equal(written, (await Append(Own, expected, events)).Success);
        Assert.Equal(4 + first, (await Read(OfStream(Own))).Count);
    }

    [Theory, InlineData(-1), InlineData(-2)]
    public async Task Events_that_are_only_partly_there_are_refused(long expected)
    {
        var events = Events(4);
        await Append(Own, expected, events[..2]);
        Assert.Equal(1ul, (await Append(Own, expected, events)).WrongExpectedVersion.CurrentRevision);
        Assert.Equal(2, (await Read(OfStream(Own))).Count);
        Assert.True((await Append(Own, -2, events[2], events[0])).Success.HasCurrentRevision); // its first is new
    }

    [Fact]
    public async Task A_message_without_what_it_must_have_is_an_error()
    {
        async Task<StatusCode> Refused(params AppendReq[] messages) => (await Fails(() => Send(messages))).StatusCode;
        var options = new AppendReq.Types.Options { StreamIdentifier = Name(Own), Any = Set };
        var start = new AppendReq { Options = options };
        AppendReq Start(Action<AppendReq.Types.Options> change)
        {
            var changed = options.Clone();
            change(changed);
            return new() { Options = changed };
        }
        var proposed = new AppendReq { ProposedMessage = Event() };
        var noId = proposed.Clone();
        noId.ProposedMessage.Id = null;

        Assert.Equal(StatusCode.Unknown, await Refused());
        Assert.Equal(StatusCode.Unknown, await Refused(proposed));
        Assert.Equal(StatusCode.Unknown, await Refused(start, start));
        Assert.Equal(StatusCode.Unknown, await Refused(start, noId));
        Assert.Equal(StatusCode.Unknown, await Refused(Start(o => o.StreamIdentifier = null), proposed));
        Assert.Equal(StatusCode.Unknown, await Refused(Start(o => o.StreamIdentifier = Name("")), proposed));
        Assert.Equal(StatusCode.InvalidArgument, await Refused(Start(o => o.ClearExpectedStreamRevision()), proposed));
        Assert.Equal(StatusCode.Unknown, await Refused(Start(o => o.Revision = ulong.MaxValue), proposed));
        Assert.Equal("none", Short(await Read(OfStream(Own))));
    }

    [Theory, InlineData("type"), InlineData("content-type")]
    public async Task Metadata_must_have_type_and_content_type(string missing)
    {
        var proposed = Event();
        proposed.Metadata.Remove(missing);
        AssertError(
            await Fails(() => Append(Own, -2, proposed)),
            StatusCode.InvalidArgument,
            "missing-required-metadata-property",
            ("required-metadata-properties", "type,content-type")
        );
    }

    [Fact]
    public async Task An_append_may_have_a_MiB_of_data()
    {
        const int MiB = 1 << 20;
        var half = ByteString.CopyFrom(new byte[MiB / 2]);
        AppendReq.Types.ProposedMessage Half(int more = 0)
        {
            var proposed = Event();
            proposed.Data = more == 0 ? half : ByteString.CopyFrom(new byte[(MiB / 2) + more]);
            return proposed;
        }
        Assert.Equal(1ul, (await Append(Own, -1, Half(), Half())).Success.CurrentRevision);
        AssertError(
            await Fails(() => Append(Own, -2, Half(), Half(1))),
            StatusCode.InvalidArgument,
            "maximum-append-size-exceeded",
            ("maximum-append-size", $"{MiB}")
        );
        Assert.Equal(2, (await Read(OfStream(Own))).Count);
    }

    [Fact]
    public async Task Nothing_of_an_append_is_unbounded()
    {
        var metadata = Event();
        metadata.CustomMetadata = ByteString.CopyFrom(new byte[(1 << 20) + 1]);
        var type = Event(type: new string('t', (1 << 20) + 1));
        foreach (var large in new[] { metadata, type })
            AssertError(
                await Fails(() => Append(Own, -2, large)),
                StatusCode.InvalidArgument,
                "maximum-append-size-exceeded"
            );
        var one = Event("");
        var error = await Fails(() => Append(Own, -2, [.. Enumerable.Repeat(one, 65_537)]));
        AssertError(error, StatusCode.InvalidArgument, "maximum-append-size-exceeded");

        var message = Event();
        message.Data = ByteString.CopyFrom(new byte[17 << 20]);
        Assert.Equal(StatusCode.ResourceExhausted, (await Fails(() => Append(Own, -2, message))).StatusCode);
        Assert.Equal("none", Short(await Read(OfStream(Own))));
    }

    [Fact]
    public async Task Who_goes_away_half_way_has_written_nothing()
    {
        using (var call = Streams.Append(cancellationToken: Cancel))
        {
            var options = new AppendReq.Types.Options { StreamIdentifier = Name(Own), Any = Set };
            await call.RequestStream.WriteAsync(new() { Options = options }, Cancel);
            await call.RequestStream.WriteAsync(new() { ProposedMessage = Event() }, Cancel);
        }
        await Written($"{Own}-later", 1);
        Assert.Equal("none", Short(await Read(OfStream(Own))));
    }

    [Fact]
    public async Task Ids_are_taken_in_both_forms()
    {
        var id = Guid.Parse("00010203-0405-0607-0809-0a0b0c0d0e0f");
        var structured = Event();
        structured.Id = new()
        {
            Structured = new() { MostSignificantBits = 0x0001020304050607, LeastSignificantBits = 0x08090a0b0c0d0e0f },
        };
        await Append(Own, -1, structured);
        Assert.Equal(0ul, (await Append(Own, -1, Event(id: id))).Success.CurrentRevision); // the same event
        Assert.Equal(id.ToString(), Assert.Single(await Read(OfStream(Own))).Event.Event.Id.String);
    }

    [Fact]
    public async Task Racing_appends_win_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Append(Own, -1, Event())));
        Assert.Single(answers, answer => answer.Success is not null);
        var any = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Append(Own, -2, Event())));
        Assert.Equal(Enumerable.Range(1, 20).Select(n => (ulong)n), any.Select(a => a.Success.CurrentRevision).Order());
    }
}
