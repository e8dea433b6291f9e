using Grpc.Core;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.Tests.Node;

public sealed class DeleteTests(RawNode node) : RawNodeTests(node), IClassFixture<RawNode>
{
    async Task<ulong> Delete(string stream, long expected)
    {
        var options = new DeleteReq.Types.Options { StreamIdentifier = Name(stream) };
        switch (expected)
        {
            case -1:
                options.NoStream = Set;
                break;
            case -2:
                options.Any = Set;
                break;
            case -4:
                options.StreamExists = Set;
                break;
            default:
                options.Revision = (ulong)expected;
                break;
        }
        var answer = await Streams.DeleteAsync(new() { Options = options }, cancellationToken: Cancel);
        return answer.Position.CommitPosition;
    }

    async Task<ulong> Tombstone(string stream, long expected)
    {
        var options = new TombstoneReq.Types.Options { StreamIdentifier = Name(stream) };
        switch (expected)
        {
            case -1:
                options.NoStream = Set;
                break;
            case -2:
                options.Any = Set;
                break;
            case -4:
                options.StreamExists = Set;
                break;
            default:
                options.Revision = (ulong)expected;
                break;
        }
        var answer = await Streams.TombstoneAsync(new() { Options = options }, cancellationToken: Cancel);
        return answer.Position.CommitPosition;
    }

    /// <summary>What becomes of a delete: ok, wrong with the actual revision, or deleted.</summary>
    static async Task<string> Outcome(Task<ulong> delete, string stream, long expected)
    {
        try
        {
            Assert.True(await delete > 0);
            return "ok";
        }
        catch (RpcException error) when (error.Trailers.GetValue("exception") == "wrong-expected-version")
        {
            AssertError(
                error,
                StatusCode.FailedPrecondition,
                "wrong-expected-version",
                ("stream-name", stream),
                ("expected-version", $"{expected}")
            );
            return $"wrong {error.Trailers.GetValue("actual-version")}";
        }
        catch (RpcException error)
        {
            AssertError(error, StatusCode.FailedPrecondition, "stream-deleted", ("stream-name", stream));
            return "deleted";
        }
    }

    [Theory]
    [InlineData("never", -2, "wrong -1", "ok"), InlineData("never", -1, "wrong -1", "ok")]
    [InlineData("never", 0, "wrong -1", "wrong -1"), InlineData("never", -4, "wrong -1", "wrong -1")]
    [InlineData("existing", -2, "ok", "ok"), InlineData("existing", 2, "ok", "ok")]
    [InlineData("existing", -4, "ok", "ok"), InlineData("existing", 1, "wrong 2", "wrong 2")]
    [InlineData("existing", -1, "wrong 2", "wrong 2"), InlineData("deleted", -2, "ok", "ok")]
    [InlineData("deleted", 2, "ok", "ok"), InlineData("deleted", -1, "ok", "ok")]
    [InlineData("deleted", -4, "deleted", null), InlineData("deleted", 1, "wrong 2", "wrong 2")]
    [InlineData("tombstoned", -2, "deleted", "deleted"), InlineData("tombstoned", 2, "deleted", "deleted")]
    [InlineData("tombstoned", -1, "deleted", "deleted"), InlineData("tombstoned", -4, "deleted", "deleted")]
    public async Task Deleting_goes_as_the_real_server_has_it(string state, long expected, string soft, string? hard)
    {
        foreach (var stream in new[] { $"{Own}-soft", $"{Own}-hard" })
        {
            if (state != "never")
                await Written(stream, 3);
            if (state == "deleted")
                await Delete(stream, -2);
            if (state == "tombstoned")
                await Tombstone(stream, 2);
        }
        Assert.Equal(soft, await Outcome(Delete($"{Own}-soft", expected), $"{Own}-soft", expected));
        if (hard is not null)
            Assert.Equal(hard, await Outcome(Tombstone($"{Own}-hard", expected), $"{Own}-hard", expected));
    }

    [Theory, InlineData(-2), InlineData(-1), InlineData(2)]
    public async Task A_soft_deleted_stream_goes_on_and_its_past_stays_hidden(long expected)
    {
        await Written(Own, 3);
        await SetMetadata(Own, """{"own":"said"}""");
        await Delete(Own, 2);
        Assert.Equal("none", Short(await Read(OfStream(Own))));
        Assert.Equal("none", Short(await Read(Backwards(OfStream(Own, from: 9)))));
        var deleted = Assert.Single(await Read(OfStream($"$${Own}"))).Event.Event;
        Assert.Equal(("$metadata", """{"$tb":9223372036854775807}"""), (deleted.Metadata["type"], Text(deleted.Data)));
        Assert.Equal(2ul, (await Append(Own, 1, Event())).WrongExpectedVersion.CurrentRevision);
        AssertError(await Fails(() => Append(Own, -4, Event())), StatusCode.FailedPrecondition, "stream-deleted");

        Assert.Equal(4ul, (await Append(Own, expected, Event(), Event())).Success.CurrentRevision);
        Assert.Equal("3 4", Short(await Read(OfStream(Own))));
        Assert.Equal("""{"$tb":3}""", Text(Assert.Single(await Read(OfStream($"$${Own}"))).Event.Event.Data));
        Assert.Equal(5ul, (await Append(Own, -4, Event())).Success.CurrentRevision);
    }

    [Fact]
    public async Task Metadata_that_delete_keep_what_else_they_say()
    {
        await Written(Own, 2);
        await SetMetadata(Own, """{"$tb":9223372036854775807,"own":"said"}""");
        Assert.Equal("none", Short(await Read(OfStream(Own))));
        await Append(Own, -1, Event());
        Assert.Equal("""{"$tb":2,"own":"said"}""", Text((await Read(OfStream($"$${Own}")))[0].Event.Event.Data));
    }

    [Fact]
    public async Task A_tombstone_is_for_ever()
    {
        var events = Events(2);
        await Append(Own, -1, events);
        await SetMetadata(Own, """{"own":1}""");
        var position = await Tombstone(Own, 1);

        async Task Deleted(Func<Task> call) =>
            AssertError(await Fails(call), StatusCode.FailedPrecondition, "stream-deleted");
        await Deleted(() => Read(OfStream(Own)));
        await Deleted(() => Read(Backwards(OfStream(Own))));
        await Deleted(() => Read(OfStream($"$${Own}")));
        await Deleted(() => SetMetadata(Own, "{}"));
        foreach (var expected in new[] { -1, -2, -4, 1 })
        {
            await Deleted(() => Append(Own, expected, Event()));
            await Deleted(() => Append(Own, expected)); // nothing at all
        }
        await Deleted(() => Append(Own, -1, events)); // though they are there
        await Deleted(() => Append(Own, -2, events));

        var end = (await Read(OfAll(position, count: 1)))[0].Event.Event;
        Assert.Equal(("$streamDeleted", Tombstoned), (end.Metadata["type"], end.StreamRevision));
    }

    [Fact]
    public async Task A_trailer_is_ASCII_whatever_the_streams_name()
    {
        var stream = $"{Own}-ключ %";
        await Tombstone(stream, -2);
        var error = await Fails(() => Read(OfStream(stream)));
        AssertError(error, StatusCode.FailedPrecondition, "stream-deleted");
        Assert.Equal(Uri.EscapeDataString(stream), error.Trailers.GetValue("stream-name"));
    }

    [Fact]
    public async Task An_expectation_must_be_said()
    {
        var delete = new DeleteReq { Options = new() { StreamIdentifier = Name(Own) } };
        var tombstone = new TombstoneReq { Options = new() { StreamIdentifier = Name(Own) } };
        var errors = new[]
        {
            await Fails(async () => await Streams.DeleteAsync(delete, cancellationToken: Cancel)),
            await Fails(async () => await Streams.TombstoneAsync(tombstone, cancellationToken: Cancel)),
        };
        Assert.All(errors, error => Assert.Equal(StatusCode.InvalidArgument, error.StatusCode));
    }
}
