using System.Text;

namespace Varve.EventStores.Tests;

public abstract partial class EventStoreContract
{
    async Task<long[]> Revisions(string stream, Direction direction, long from, long max) =>
        await Store.ReadStream(stream, direction, from, max, Cancel).Select(e => e.Revision).ToArrayAsync(Cancel);

    [Fact]
    public async Task An_event_is_read_as_it_was_written()
    {
        var before = TimeProvider.System.GetUtcNow();
        var written = Event("""{"ü":"漢"}""");
        var position = AssertWritten(await Append(Stream("a"), ExpectedRevision.NoStream, written));

        var read = Assert.Single(await Read(Stream("a")));
        Assert.Equal((Stream("a"), 0, position), (read.Stream, read.Revision, read.Position));
        Assert.Equal((written.Id, written.Type), (read.Id, read.Type));
        Assert.Equal(written.Data.ToArray(), read.Data.ToArray());
        Assert.Equal(written.Metadata.ToArray(), read.Metadata.ToArray());
        Assert.Equal(TimeSpan.Zero, read.Created.Offset);
        Assert.InRange(read.Created, before.AddMinutes(-1), before.AddMinutes(1)); // another machine's clock, perhaps
    }

    [Theory]
    [InlineData(Direction.Forwards, 0, long.MaxValue, "0 1 2 3 4"), InlineData(Direction.Forwards, 3, 10, "3 4")]
    [InlineData(Direction.Forwards, 1, 2, "1 2"), InlineData(Direction.Forwards, 5, 10, "")]
    [InlineData(Direction.Forwards, 0, 0, ""), InlineData(Direction.Backwards, long.MaxValue, 2, "4 3")]
    [InlineData(Direction.Backwards, 2, 10, "2 1 0"), InlineData(Direction.Backwards, 0, 1, "0")]
    [InlineData(Direction.Backwards, 9, 1, "4"), InlineData(Direction.Backwards, 4, 0, "")]
    public async Task A_stream_is_read_both_ways_from_anywhere(
        Direction direction,
        long from,
        long max,
        string expected
    )
    {
        AssertWritten(await Append(Stream("a"), ExpectedRevision.NoStream, Events(5)));
        Assert.Equal(expected, string.Join(' ', await Revisions(Stream("a"), direction, from, max)));
    }

    [Theory]
    [InlineData(Direction.Forwards, 0), InlineData(Direction.Backwards, long.MaxValue)]
    public async Task A_stream_that_does_not_exist_has_no_events(Direction direction, long from) =>
        Assert.Empty(await Revisions(Stream("never"), direction, from, long.MaxValue));

    [Fact]
    public async Task A_long_stream_is_read_whole()
    {
        for (var i = 0; i < 30; i++)
            AssertWritten(await Append(Stream("a"), new((i * 100L) - 1), Events(100)));
        var all = Enumerable.Range(0, 3_000).Select(i => (long)i).ToArray();
        Assert.Equal(all, await Revisions(Stream("a"), Direction.Forwards, 0, long.MaxValue));
        Assert.Equal(all.Reverse(), await Revisions(Stream("a"), Direction.Backwards, long.MaxValue, long.MaxValue));
        Assert.Equal(all[500..2_500], await Revisions(Stream("a"), Direction.Forwards, 500, 2_000));
    }

    [Theory]
    [InlineData(0), InlineData(1), InlineData(4_096), InlineData(NewEvent.DataBytesMax)]
    public async Task Data_of_any_size_comes_back(int size)
    {
        var data = new byte[size];
        new Random(size).NextBytes(data);
        AssertWritten(
            await Append(
                Stream("a"),
                ExpectedRevision.NoStream,
                new NewEvent(Guid.NewGuid(), "Sized", data, Array.Empty<byte>())
            )
        );
        var read = Assert.Single(await Read(Stream("a")));
        Assert.Equal(data, read.Data.ToArray());
        Assert.Equal(0, read.Metadata.Length);
    }

    public static TheoryData<string> OddNames =>
        [
            "a/b//c",
            "/",
            "..",
            " ",
            "a b ",
            "tab\tline\n",
            "ключ-鍵-🔑",
            "é",
            "e\u0301",
            "%2F",
            "a'b\"c",
            "UPPER",
            "upper",
            "\\",
        ];

    [Theory, MemberData(nameof(OddNames))]
    public async Task A_streams_name_may_be_odd(string name)
    {
        foreach (var other in OddNames)
            AssertWritten(await Append(Stream(other.Data), ExpectedRevision.NoStream, Event(other.Data)));
        var read = Assert.Single(await Read(Stream(name)));
        Assert.Equal((Stream(name), name), (read.Stream, Text(read)));
    }

    [Fact]
    public async Task A_streams_name_may_be_long()
    {
        var (name, twin) = (Stream(new string('鍵', 366)), Stream(new string('鍵', 366) + "x")); // over 1,100 bytes
        AssertWritten(await Append(name, ExpectedRevision.NoStream, Event("long")));
        AssertWritten(await Append(twin, ExpectedRevision.NoStream, Event("longer")));
        Assert.True(Encoding.UTF8.GetByteCount(name) > 1_100);
        Assert.Equal("long", Text(Assert.Single(await Read(name))));
        Assert.Equal("longer", Text(Assert.Single(await Read(twin))));
    }

    [Fact]
    public async Task The_log_is_read_both_ways()
    {
        var before = await Store.Head(Cancel);
        for (var i = 0; i < 3; i++)
            foreach (var stream in new[] { Stream("a"), Stream("b") })
                AssertWritten(await Append(stream, new(i - 1), Event($"{i}")));

        async Task<(string, long)[]> All(Direction direction, Position from, long max) =>
            await Store
                .ReadAll(direction, from, max, Cancel)
                .TakeWhile(e => direction == Direction.Forwards || e.Position > before)
                .Where(e => e.Stream.StartsWith(Prefix, StringComparison.Ordinal))
                .Select(e => (e.Stream[Prefix.Length..], e.Revision))
                .ToArrayAsync(Cancel);

        (string, long)[] order = [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)];
        Assert.Equal(order, await All(Direction.Forwards, before, long.MaxValue));
        Assert.Equal(order.Reverse(), await All(Direction.Backwards, Position.End, long.MaxValue));

        var third = (await Read(Stream("a")))[1].Position;
        Assert.Equal(order[2..], await All(Direction.Forwards, third, long.MaxValue)); // inclusive
        Assert.Equal(order[..3].Reverse(), await All(Direction.Backwards, third, long.MaxValue));
        Assert.Equal(order[2..3], await All(Direction.Forwards, third, 1));
        Assert.Equal(order[2..3], await All(Direction.Backwards, third, 1));
        Assert.Empty(await All(Direction.Forwards, third, 0));
    }

    [Fact]
    public async Task Positions_grow_and_the_head_is_the_last()
    {
        var positions = new List<Position>();
        for (var i = 0; i < 5; i++)
            positions.Add(AssertWritten(await Append(Stream($"{i}"), ExpectedRevision.NoStream, Events(2))));
        Assert.Equal(positions.Distinct().Order(), positions);
        Assert.True(await Store.Head(Cancel) >= positions[^1]);
    }

    [Fact]
    public async Task A_cancelled_read_ends_with_an_exception()
    {
        AssertWritten(await Append(Stream("a"), ExpectedRevision.NoStream, Events(2)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Store.ReadStream(Stream("a"), Direction.Forwards, 0, 9, new(canceled: true)).ToArrayAsync(Cancel)
        );
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            await Store.ReadAll(Direction.Forwards, Position.Start, 9, new(canceled: true)).ToArrayAsync(Cancel)
        );
    }
}
