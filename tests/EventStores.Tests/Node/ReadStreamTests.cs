using Grpc.Core;
using Filters = Varve.EventStores.Protocol.ReadReq.Types.Options.Types.FilterOptions;
using Options = Varve.EventStores.Protocol.ReadReq.Types.Options;

namespace Varve.EventStores.Tests.Node;

public sealed class ReadStreamTests(RawNode node) : RawNodeTests(node), IClassFixture<RawNode>
{
    static Options From(Options options, string from)
    {
        switch (from)
        {
            case "start":
                options.Stream.Start = Set;
                break;
            case "end":
                options.Stream.End = Set;
                break;
            default:
                options.Stream.Revision = ulong.Parse(from, null);
                break;
        }
        return options;
    }

    [Theory]
    [InlineData(false, "start", 2, "0 1"), InlineData(false, "3", 100, "3 4"), InlineData(false, "5", 9, "")]
    [InlineData(false, "9", 9, ""), InlineData(false, "0", ulong.MaxValue, "0 1 2 3 4")]
    [InlineData(true, "3", 2, "3 2"), InlineData(true, "99", 2, "4 3"), InlineData(true, "end", 9, "4 3 2 1 0")]
    [InlineData(true, "start", 9, "0"), InlineData(true, "18446744073709551615", 1, "4")]
    public async Task A_stream_is_read_both_ways(bool backwards, string from, ulong count, string expected)
    {
        await Written(Own, 5);
        var options = From(OfStream(Own, count: count), from);
        Assert.Equal(expected, Short(await Read(backwards ? Backwards(options) : options)));
    }

    [Theory]
    [InlineData(false, "start"), InlineData(false, "7"), InlineData(true, "end"), InlineData(true, "start")]
    public async Task A_stream_that_nobody_wrote_is_said_not_to_be(bool backwards, string from)
    {
        var options = From(OfStream(Own), from);
        options.ControlOption = new() { Compatibility = 1 };
        var answer = Assert.Single(await Read(backwards ? Backwards(options) : options));
        Assert.Equal(Name(Own), answer.StreamNotFound.StreamIdentifier);
    }

    [Theory]
    [InlineData("end", 1ul), InlineData("0", 0ul), InlineData("9223372036854775808", 1ul)]
    public async Task What_the_real_server_fails_at_fails(string from, ulong count)
    {
        await Written(Own, 1);
        var error = await Fails(() => Read(From(OfStream(Own, count: count), from)));
        Assert.Equal(StatusCode.Unknown, error.StatusCode);
        Assert.Null(error.Trailers.GetValue("exception"));
    }

    [Fact]
    public async Task An_event_says_everything_about_itself()
    {
        var id = Guid.NewGuid();
        var sent = Event("not {json", "Ünïcode", id: id);
        sent.Metadata["own"] = "dropped";
        sent.CustomMetadata = Google.Protobuf.ByteString.CopyFromUtf8("of my own");
        var position = (await Append(Own, -1, sent, Event("", contentType: "text/plain"))).Success.Position;

        foreach (var asText in new[] { true, false })
        {
            var options = OfStream(Own);
            options.UuidOption = asText ? new() { String = Set } : new() { Structured = Set };
            var read = await Read(options);
            var (first, second) = (read[0].Event, read[1].Event);
            Assert.Equal(Varve.EventStores.Node.EventIds.ToProtocol(id, asText), first.Event.Id);
            Assert.Equal(Name(Own), first.Event.StreamIdentifier);
            Assert.Equal(["content-type", "created", "type"], first.Event.Metadata.Keys.Order());
            Assert.Equal("Ünïcode", first.Event.Metadata["type"]);
            Assert.Equal("application/json", first.Event.Metadata["content-type"]);
            Assert.Equal("application/octet-stream", second.Event.Metadata["content-type"]);
            var created = DateTimeOffset.UnixEpoch.AddTicks(long.Parse(first.Event.Metadata["created"], null));
            Assert.InRange(TimeProvider.System.GetUtcNow() - created, TimeSpan.Zero, TimeSpan.FromMinutes(5));
            Assert.Equal(("not {json", "of my own"), (Text(first.Event.Data), Text(first.Event.CustomMetadata)));
            Assert.Equal((0ul, 1ul), (first.Event.StreamRevision, second.Event.StreamRevision));
            Assert.Equal(position.CommitPosition, second.CommitPosition);
            Assert.Equal(position.CommitPosition, second.Event.CommitPosition);
            Assert.Equal(position.PreparePosition, second.Event.PreparePosition);
            Assert.Null(first.Link);
        }
    }

    [Fact]
    public async Task All_is_a_streams_name_like_any_other()
    {
        await Append("$all", -2, Event());
        Assert.NotEmpty(Short(await Read(OfStream("$all"))));
    }

    [Theory]
    [InlineData("", 0, 100, "0 1 2 3 4 last=4"), InlineData("", 5, 100, "last=4")]
    [InlineData("", 7, 100, "first=5 last=4"), InlineData("""{"$tb":3}""", 0, 100, "3 4 last=4")]
    [InlineData("""{"$tb":3}""", 0, 3, "first=3 3 4 last=4"), InlineData("""{"$tb":3}""", 0, 4, "3 4 last=4")]
    [InlineData("""{"$tb":3}""", 3, 1, "3 last=4"), InlineData("""{"$maxCount":2}""", 1, 1, "first=3 3 last=4")]
    [InlineData("""{"$tb":9}""", 0, 100, "first=5 last=4"), InlineData("""{"$tb":9}""", 5, 100, "last=4")]
    public async Task A_reader_who_asks_is_told_the_first_and_the_last_revision(
        string metadata,
        ulong from,
        ulong count,
        string expected
    )
    {
        await Written(Own, 5);
        if (metadata.Length > 0)
            await SetMetadata(Own, metadata);
        var options = OfStream(Own, from, count);
        options.ControlOption = new() { Compatibility = 1 };
        Assert.Equal(expected, Short(await Read(options)));

        options.ControlOption = null;
        Assert.DoesNotContain('=', Short(await Read(options)));
    }

    [Fact]
    public async Task The_first_page_has_32_events()
    {
        await Written(Own, 100);
        await SetMetadata(Own, """{"$tb":31}""");
        var options = OfStream(Own);
        options.ControlOption = new() { Compatibility = 1 };
        Assert.StartsWith("31 ", Short(await Read(options)));
        await SetMetadata(Own, """{"$tb":32}""");
        Assert.StartsWith("first=32 32 ", Short(await Read(options)));
    }

    [Fact]
    public async Task Backwards_only_the_last_revision_is_told()
    {
        await Written(Own, 5);
        await SetMetadata(Own, """{"$tb":3}""");
        var options = Backwards(OfStream(Own, from: 1));
        options.ControlOption = new() { Compatibility = 1 };
        Assert.Equal("last=4", Short(await Read(options)));
    }

    [Theory]
    [InlineData("""{"$maxCount":2}""", "3 4"), InlineData("""{"$maxCount":99}""", "0 1 2 3 4")]
    [InlineData("""{"$tb":4,"$maxCount":3}""", "4"), InlineData("""{"$tb":1,"$maxCount":2,"own":[1]}""", "3 4")]
    [InlineData("""{"$maxAge":3600}""", "0 1 2 3 4"), InlineData("""{"$tb":1""", "0 1 2 3 4")]
    [InlineData("""{"$maxCount":"2"}""", "0 1 2 3 4"), InlineData("[2]", "0 1 2 3 4"), InlineData("", "0 1 2 3 4")]
    [InlineData("""{"$maxCount":0}""", "0 1 2 3 4"), InlineData("""{"$maxCount":2,"$maxCount":3}""", "0 1 2 3 4")]
    public async Task Metadata_say_what_is_shown(string metadata, string expected)
    {
        await Written(Own, 5);
        await SetMetadata(Own, """{"$tb":2}""");
        await SetMetadata(Own, metadata); // the last event counts, alone
        Assert.Equal(expected, Short(await Read(OfStream(Own))));
        var back = await Read(Backwards(OfStream(Own, from: ulong.MaxValue)));
        Assert.Equal(expected.Split(' ').Reverse(), back.Select(Short));
    }

    [Fact]
    public async Task Of_metadata_only_the_last_event_is_shown()
    {
        await Written(Own, 1);
        for (var n = 0; n < 3; n++)
            await SetMetadata(Own, $$"""{"n":{{n}}}""");
        Assert.Equal("2", Short(await Read(OfStream($"$${Own}"))));
    }

    [Fact]
    public async Task Metadata_of_a_stream_that_nobody_wrote_do_not_make_it()
    {
        await SetMetadata(Own, """{"$maxCount":2}""");
        Assert.Equal("none", Short(await Read(OfStream(Own))));
        Assert.True((await Append(Own, -4, Event())).Success.HasCurrentRevision); // yet it exists
    }

    [Fact]
    public async Task A_link_leads_to_its_event()
    {
        await Written(Own, 3);
        await SetMetadata(Own, """{"$tb":1}""");
        string[] targets = [$"2@{Own}", $"0@{Own}", $"7@{Own}", $"0@never-{Own}", "x@y", "@", "", $"1@{Own}"];
        var links = targets.Select(target => Event(target, "$>", "application/octet-stream")).ToArray();
        await Append($"{Own}-links", -1, links);

        var options = OfStream($"{Own}-links");
        Assert.Equal("0 1 2 3 4 5 6 7", Short(await Read(options)));

        options.ResolveLinks = true;
        var read = (await Read(options)).Select(r => r.Event).ToArray();
        Assert.Equal(targets, read.Select(e => Text(e.Link.Data)));
        Assert.Equal([2ul, null, null, null, null, null, null, 1ul], read.Select(e => e.Event?.StreamRevision));
        Assert.All(read, e => Assert.Equal(e.Link.CommitPosition, e.CommitPosition));
    }

    /// <summary>Whatever the combination of stream, count, direction and filter: it works, or it is INVALID_ARGUMENT.
    /// </summary>
    [Fact]
    public async Task Only_valid_combinations_are_answered()
    {
        await Written(Own, 1);
        foreach (var source in new[] { "", "stream", "all" })
        foreach (var count in new[] { "", "count", "subscription" })
        foreach (var backwards in new[] { false, true })
        foreach (var filter in new[] { "", "none", "filter" })
        {
            var options = new Options { UuidOption = new() { String = Set } };
            if (source == "stream")
                options.Stream = OfStream(Own).Stream;
            if (source == "all")
                options.All = new() { Start = Set };
            if (count == "count")
                options.Count = 1;
            if (count == "subscription")
                options.Subscription = new();
            if (backwards)
                Backwards(options);
            if (filter == "none")
                options.NoFilter = Set;
            if (filter == "filter")
                options.Filter = new()
                {
                    Count = Set,
                    CheckpointIntervalMultiplier = 1,
                    EventType = new() { Prefix = { "T" } },
                };
            var valid =
                source != ""
                && (count == "count" || count == "subscription" && !backwards)
                && (filter == "none" || filter == "filter" && source == "all");

            var what = $"({source}, {count}, {backwards}, {filter})";
            var error = await Record.ExceptionAsync(() => First(options));
            Assert.True(valid == error is null, $"{what}: {error}");
            if (error is not null)
                Assert.Equal(StatusCode.InvalidArgument, Assert.IsType<RpcException>(error).StatusCode);
        }
    }

    async Task First(Options? options)
    {
        using var call = Streams.Read(new() { Options = options }, cancellationToken: Cancel);
        await call.ResponseStream.MoveNext(Cancel);
    }

    [Fact]
    public async Task What_is_missing_is_an_invalid_argument()
    {
        var window = OfAll();
        window.Filter = new Filters
        {
            CheckpointIntervalMultiplier = 1,
            EventType = new() { Prefix = { "T" } },
        };
        var filter = OfAll();
        filter.Filter = new Filters { CheckpointIntervalMultiplier = 1, Count = Set };
        var ids = OfStream(Own);
        ids.UuidOption = null;
        var revision = OfStream(Own);
        revision.Stream.ClearRevision();
        foreach (var options in new Options?[] { null, window, filter, ids, revision })
            Assert.Equal(StatusCode.InvalidArgument, (await Fails(() => First(options))).StatusCode);
    }

    [Fact]
    public async Task A_name_that_no_stream_can_have_is_an_error()
    {
        foreach (var name in new[] { "", new string('x', StreamAppend.StreamBytesMax) })
            Assert.Equal(StatusCode.Unknown, (await Fails(() => Read(OfStream(name)))).StatusCode);
        var halves = OfStream(Own);
        halves.Stream.StreamIdentifier.StreamName = Google.Protobuf.ByteString.CopyFrom(0xc3);
        Assert.Equal(StatusCode.Unknown, (await Fails(() => Read(halves))).StatusCode);
    }
}
