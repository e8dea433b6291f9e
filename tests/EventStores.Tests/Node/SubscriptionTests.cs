using Grpc.Core;
using Varve.EventStores.Protocol;
using Options = Varve.EventStores.Protocol.ReadReq.Types.Options;

namespace Varve.EventStores.Tests.Node;

public sealed class SubscriptionTests(RawNode node) : RawNodeTests(node), IClassFixture<RawNode>
{
    AsyncServerStreamingCall<ReadResp> Subscribe(Options options)
    {
        options.Subscription = new();
        return Streams.Read(new() { Options = options }, cancellationToken: Cancel);
    }

    AsyncServerStreamingCall<ReadResp> SubscribeTo(string stream, string after)
    {
        var options = OfStream(stream);
        if (after == "start")
            options.Stream.Start = Set;
        else if (after == "end")
            options.Stream.End = Set;
        else
            options.Stream.Revision = ulong.Parse(after, null);
        return Subscribe(options);
    }

    /// <summary>The next responses, but those that say the same again.</summary>
    async Task<string> Next(AsyncServerStreamingCall<ReadResp> call, int count)
    {
        var responses = new List<ReadResp>();
        while (responses.Count < count && await call.ResponseStream.MoveNext(Cancel))
            responses.Add(call.ResponseStream.Current);
        return Short(responses);
    }

    /// <summary>All up to an event of the test's own.</summary>
    async Task<List<ReadResp>> Upto(AsyncServerStreamingCall<ReadResp> call, string stream)
    {
        var responses = new List<ReadResp>();
        while (await call.ResponseStream.MoveNext(Cancel))
        {
            responses.Add(call.ResponseStream.Current);
            if (responses[^1].Event?.Event.StreamIdentifier.Equals(Name(stream)) == true)
                break;
        }
        return responses;
    }

    [Theory]
    [InlineData("start", "confirmed 0 1 2 live", "3"), InlineData("0", "confirmed 1 2 live", "3")]
    [InlineData("2", "confirmed live", "3"), InlineData("4", "confirmed live", "5")]
    [InlineData("end", "confirmed live", "3"), InlineData("18446744073709551615", "confirmed live", "3")]
    public async Task A_stream_is_followed_from_after_a_revision(string after, string first, string then)
    {
        await Written(Own, 3);
        using var call = SubscribeTo(Own, after);
        Assert.Equal(first, await Next(call, first.Split(' ').Length));
        await Written(Own, 3);
        Assert.Equal(then, await Next(call, 1));
    }

    [Fact]
    public async Task The_confirmation_names_the_subscription()
    {
        using var call = SubscribeTo(Own, "start");
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        var id = call.ResponseStream.Current.Confirmation.SubscriptionId;
        Assert.Equal(Guid.Parse(id).ToString("D"), id);
    }

    [Fact]
    public async Task A_stream_that_is_not_there_is_followed_until_it_is()
    {
        using var call = SubscribeTo(Own, "start");
        Assert.Equal("confirmed live", await Next(call, 2));
        await Written($"{Own}-longer", 2);
        await Written(Own, 2);
        Assert.Equal("0 1", await Next(call, 2));
    }

    [Fact]
    public async Task What_metadata_hide_is_not_caught_up_with()
    {
        await Written(Own, 5);
        await SetMetadata(Own, """{"$maxCount":2}""");
        using var call = SubscribeTo(Own, "start");
        Assert.Equal("confirmed 3 4 live", await Next(call, 4));
    }

    [Fact]
    public async Task A_soft_deleted_stream_is_followed_on()
    {
        await Written(Own, 2);
        await Delete();
        using var call = SubscribeTo(Own, "start");
        Assert.Equal("confirmed live", await Next(call, 2));
        await Written(Own, 1);
        Assert.Equal("2", await Next(call, 1));
        await Delete();
        await Written(Own, 1);
        Assert.Equal("3", await Next(call, 1));
    }

    async Task Delete() =>
        await Streams.DeleteAsync(
            new()
            {
                Options = new() { StreamIdentifier = Name(Own), Any = Set },
            },
            cancellationToken: Cancel
        );

    async Task Tombstone() =>
        await Streams.TombstoneAsync(
            new()
            {
                Options = new() { StreamIdentifier = Name(Own), Any = Set },
            },
            cancellationToken: Cancel
        );

    [Fact]
    public async Task A_tombstoned_stream_is_not_followed()
    {
        await Tombstone();
        using var call = SubscribeTo(Own, "start");
        AssertError(
            await Fails(() => Next(call, 9)),
            StatusCode.FailedPrecondition,
            "stream-deleted",
            ("stream-name", Own)
        );
    }

    [Theory, InlineData("start"), InlineData("end")]
    public async Task The_tombstone_is_the_last_that_a_follower_sees(string after)
    {
        using var call = SubscribeTo(Own, after);
        Assert.Equal("confirmed live", await Next(call, 2));
        await Tombstone();
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        var last = call.ResponseStream.Current.Event.Event;
        Assert.Equal(("$streamDeleted", Tombstoned, 0), (last.Metadata["type"], last.StreamRevision, last.Data.Length));
        AssertError(await Fails(() => Next(call, 1)), StatusCode.FailedPrecondition, "stream-deleted");
    }

    [Fact]
    public async Task All_is_followed_from_after_a_position()
    {
        var last = await Written(Own, 3);
        using var call = Subscribe(OfAll(last - 2));
        var read = await Upto(call, Own);
        Assert.Equal("confirmed 1", Short(read));
        Assert.Equal(last - 1, read[^1].Event.CommitPosition);
    }

    [Fact]
    public async Task From_the_end_only_what_comes_is_given()
    {
        await Written(Own, 3);
        var options = OfAll();
        options.All.End = Set;
        using var call = Subscribe(options);
        Assert.Equal("confirmed live", await Next(call, 2));
        await Written(Own, 1);
        Assert.Equal("3", Short((await Upto(call, Own))[^1]));
    }

    [Fact]
    public async Task Links_are_resolved_live_as_well()
    {
        await Written(Own, 1);
        var options = OfStream($"{Own}-links");
        (options.Stream.Start, options.ResolveLinks) = (Set, true);
        using var call = Subscribe(options);
        Assert.Equal("confirmed live", await Next(call, 2));
        await Append($"{Own}-links", -1, Event($"0@{Own}", "$>", "application/octet-stream"));
        Assert.True(await call.ResponseStream.MoveNext(Cancel));
        var read = call.ResponseStream.Current.Event;
        Assert.Equal((Name(Own), Name($"{Own}-links")), (read.Event.StreamIdentifier, read.Link.StreamIdentifier));
    }

    Options Filtered(ulong after, uint window, uint multiplier)
    {
        var options = OfAll(after);
        options.Filter = new()
        {
            Max = window,
            CheckpointIntervalMultiplier = multiplier,
            StreamIdentifier = new() { Prefix = { $"{Own}-wanted" } },
        };
        return options;
    }

    [Fact]
    public async Task A_filtered_subscription_says_how_far_it_has_looked()
    {
        var before = await Written(Own, 1);
        var last = await Written(Own, 100);
        using var call = Subscribe(Filtered(before, window: 10, multiplier: 2));
        Assert.True(await call.ResponseStream.MoveNext(Cancel)); // the confirmation
        var checkpoints = new List<ulong>();
        while (await call.ResponseStream.MoveNext(Cancel) && call.ResponseStream.Current.CaughtUp is null)
            checkpoints.Add(call.ResponseStream.Current.Checkpoint.CommitPosition);
        Assert.InRange(checkpoints.Count, 5, 6);
        Assert.Equal(checkpoints.Order(), checkpoints);
        Assert.True(checkpoints[^1] >= last);

        using var resumed = Subscribe(Filtered(checkpoints[^1], window: 10, multiplier: 2));
        var wanted = (await Append($"{Own}-wanted", -1, Event())).Success.Position.CommitPosition;
        Assert.Equal(wanted, (await Upto(resumed, $"{Own}-wanted"))[^1].Event.CommitPosition);
    }

    [Fact]
    public async Task Live_each_record_looked_at_may_be_a_checkpoint()
    {
        var head = await Written(Own, 1);
        using var call = Subscribe(Filtered(head, window: 1, multiplier: 1));
        Assert.Equal("confirmed live", await Next(call, 2));
        var last = await Written(Own, 3);
        for (var position = last - 2; position <= last; position++)
        {
            Assert.True(await call.ResponseStream.MoveNext(Cancel));
            Assert.Equal(position, call.ResponseStream.Current.Checkpoint.CommitPosition);
        }
    }

    [Fact]
    public async Task A_checkpoint_interval_of_nothing_is_an_error()
    {
        using var call = Subscribe(Filtered(0, window: 1, multiplier: 0));
        Assert.Equal(StatusCode.Unknown, (await Fails(() => Next(call, 1))).StatusCode);
    }

    [Fact]
    public async Task A_slow_reader_misses_nothing()
    {
        const int Count = 3_000;
        using var call = SubscribeTo(Own, "start");
        Assert.Equal("confirmed live", await Next(call, 2));
        for (var n = 0; n < Count; n += 100) // far more than the buffers between here and there hold
            await Append(Own, n - 1, [.. Enumerable.Range(n, 100).Select(i => Event(new string('x', 2_000)))]);
        var next = 0ul;
        while (next < Count && await call.ResponseStream.MoveNext(Cancel))
            if (call.ResponseStream.Current.Event is { } read)
                Assert.Equal(next++, read.Event.StreamRevision);
        Assert.Equal((ulong)Count, next);
    }

    [Fact]
    public async Task Who_goes_away_leaves_nothing_behind()
    {
        await Written(Own, 500);
        for (var i = 0; i < 20; i++)
        {
            using var gone = SubscribeTo(Own, "start");
            Assert.Equal("confirmed 0", await Next(gone, 2));
        }
        using var call = SubscribeTo(Own, "end");
        Assert.Equal("confirmed live", await Next(call, 2));
    }
}
