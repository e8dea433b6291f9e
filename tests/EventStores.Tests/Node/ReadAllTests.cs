using Grpc.Core;
using Filters = Varve.EventStores.Protocol.ReadReq.Types.Options.Types.FilterOptions;
using Options = Varve.EventStores.Protocol.ReadReq.Types.Options;

namespace Varve.EventStores.Tests.Node;

public sealed class ReadAllTests(RawNode node) : RawNodeTests(node), IClassFixture<RawNode>
{
    /// <summary>The positions of a test's own events.</summary>
    async Task<ulong[]> Own3()
    {
        var last = await Written(Own, 3);
        return [last - 2, last - 1, last];
    }

    async Task<ulong[]> Positions(Options options) =>
        [
            .. (await Read(options))
                .Select(r => r.Event)
                .Where(e => e.Event.StreamIdentifier.Equals(Name(Own)))
                .Select(e => e.CommitPosition),
        ];

    [Fact]
    public async Task Forwards_the_position_is_the_first_and_backwards_the_first_that_is_not()
    {
        var own = await Own3();
        Assert.Equal(own, await Positions(OfAll()));
        Assert.Equal(own[1..], await Positions(OfAll(own[1])));
        Assert.Equal(own[1..2], await Positions(OfAll(own[1], count: 1)));
        Assert.Equal([own[1], own[0]], await Positions(Backwards(OfAll(own[2]))));
        Assert.Equal(own.Reverse(), await Positions(Backwards(OfAll(ulong.MaxValue))));
        Assert.Equal(own[1..2], await Positions(Backwards(OfAll(own[2], count: 1))));
    }

    [Fact]
    public async Task Behind_the_end_and_before_the_start_there_is_nothing()
    {
        await Own3();
        var (start, end) = (Backwards(OfAll()), OfAll());
        (start.All.Start, end.All.End) = (Set, Set);
        Options[] empty = [OfAll(ulong.MaxValue), OfAll(1 << 40), Backwards(OfAll(0)), start, end];
        foreach (var options in empty)
            Assert.Empty(await Read(options));
        (start.All.End, end.All.Start) = (Set, Set);
        Assert.Equal(3, (await Positions(start)).Length);
        Assert.Equal(3, (await Positions(end)).Length);
    }

    [Fact]
    public async Task A_commit_position_before_the_prepare_position_is_an_error()
    {
        var options = OfAll();
        options.All.Position = new() { CommitPosition = 1, PreparePosition = 2 };
        Assert.Equal(StatusCode.Unknown, (await Fails(() => Read(options))).StatusCode);
    }

    [Fact]
    public async Task What_is_hidden_from_a_streams_readers_is_in_all()
    {
        var own = await Own3();
        await SetMetadata(Own, """{"$tb":2}""");
        await Node.Streams.DeleteAsync(
            new()
            {
                Options = new() { StreamIdentifier = Name(Own), Any = Set },
            },
            cancellationToken: Cancel
        );
        Assert.Equal(own, await Positions(OfAll(own[0])));
        Assert.Contains(
            await Read(OfAll(own[0])),
            r => r.Event.Event.StreamIdentifier.Equals(Name($"$${Own}")) && r.Event.Event.StreamRevision == 1
        );
    }

    public static TheoryData<string, string, string, string> Expressions =>
        new()
        {
            { "stream", "prefix", "OWN-a", "0 1 2" },
            { "stream", "prefix", "nobody OWN-a OWN-b", "0 1 2 0" },
            { "stream", "prefix", "", "" },
            { "stream", "regex", "OWN-[ab]$", "0 1 2 0" },
            { "stream", "regex", "WN-b|nobody".Replace("WN", "OWN"), "0" },
            { "type", "prefix", "OWNOdd Even", "1" },
            { "type", "prefix", "OWN", "0 1 2 0" },
            { "type", "regex", "OWN(Odd|Other)", "1 0" },
            { "type", "regex", "^(?!OWNOdd)OWN", "0 2 0" }, // looks ahead: no automaton does it
            { "type", "regex", @"^OWN(\w).*\1$", "" }, // looks back
        };

    [Theory, MemberData(nameof(Expressions))]
    public async Task A_filter_leaves_what_matches(string subject, string kind, string text, string expected)
    {
        var first = await Append(
            $"{Own}-a",
            -1,
            Event(type: $"{Own}Even"),
            Event(type: $"{Own}Odd"),
            Event(type: $"{Own}Even")
        );
        await Append($"{Own}-b", -1, Event(type: $"{Own}Other"));
        text = text.Replace("OWN", Own);
        var expression = new Filters.Types.Expression { Regex = kind == "regex" ? text : "" };
        // Where there is a regular expression, prefixes say nothing.
        expression.Prefix.AddRange(
            kind == "regex" ? ["nothing"] : text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        );
        var options = OfAll(first.Success.Position.CommitPosition - 2);
        options.Filter = new() { Max = 10, CheckpointIntervalMultiplier = 1 };
        if (subject == "stream")
            options.Filter.StreamIdentifier = expression;
        else
            options.Filter.EventType = expression;

        Assert.Equal(expected, Short(await Read(options)));
        if (expected.Length > 0)
        {
            options.Count = 1;
            Assert.Equal(expected.Split(' ')[0], Short(await Read(options)));
        }
    }

    [Fact]
    public async Task A_bad_regular_expression_is_an_error()
    {
        var options = OfAll();
        options.Filter = new()
        {
            Count = Set,
            CheckpointIntervalMultiplier = 1,
            EventType = new() { Regex = "(" },
        };
        Assert.Equal(StatusCode.Unknown, (await Fails(() => Read(options))).StatusCode);
    }

    [Fact]
    public async Task A_regular_expression_that_would_take_for_ever_is_given_up()
    {
        await Append(Own, -1, Event(type: new string('a', 60) + "!"));
        var options = OfAll();
        options.Filter = new()
        {
            Count = Set,
            CheckpointIntervalMultiplier = 1,
            EventType = new() { Regex = @"^(?=a)(a+)+\1$" },
        };
        Assert.Equal(StatusCode.Unknown, (await Fails(() => Read(options))).StatusCode);
    }

    [Fact]
    public async Task Many_large_events_come_whole_and_in_order()
    {
        var data = new string('x', 300_000);
        for (var i = 0; i < 20; i++)
            await Append(Own, -2, Event(data), Event($"{i}"));
        var read = (await Read(OfStream(Own))).Select(r => r.Event.Event).ToArray();
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (ulong)i), read.Select(e => e.StreamRevision));
        Assert.All(read.Where((_, i) => i % 2 == 0), e => Assert.Equal(data.Length, e.Data.Length));
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => $"{i}"),
            read.Where((_, i) => i % 2 == 1).Select(e => Text(e.Data))
        );
    }
}
