using System.Buffers;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.Cli;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.EventStores.Lines;

namespace Varve.Api.Tests.Cli;

public sealed class ReplayTests : IAsyncLifetime
{
    static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    static readonly Replay Everything = new(
        Stream: null,
        Prefix: "",
        new HashSet<string>(),
        Actor: null,
        Position.Start,
        Since: null,
        Until: null,
        Direction.Forwards,
        Follow: false
    );

    readonly string folder = Directory.CreateTempSubdirectory("varve-replay-").FullName;
    readonly EmbeddedEventStore store;

    public ReplayTests() => store = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Append("bucket-a", "BucketCreated", "ana", Noon);
        await Append("object-a/x", "ObjectPut", "ana", Noon.AddMinutes(1));
        await Append("object-a/x", "ObjectPut", "bob", Noon.AddMinutes(2));
        await Append("object-a/xy", "ObjectDeleted", "bob", Noon.AddMinutes(3));
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Everything_is_printed_unless_something_is_asked_for()
    {
        Assert.Equal("1 2 3 4", await Positions(Everything));
        Assert.Equal("4 3 2 1", await Positions(Everything with { Direction = Direction.Backwards }));
        Assert.Equal("2 3", await Positions(Everything with { Stream = "object-a/x" }));
        Assert.Equal(
            "3 2",
            await Positions(Everything with { Stream = "object-a/x", Direction = Direction.Backwards })
        );
        Assert.Equal("2 3 4", await Positions(Everything with { Prefix = "object-" }));
        Assert.Equal("2 3", await Positions(Everything with { Types = new HashSet<string> { "ObjectPut" } }));
        Assert.Equal("3 4", await Positions(Everything with { Actor = "bob" }));
        Assert.Equal("3 4", await Positions(Everything with { After = new(2) }));
        Assert.Equal("4 3", await Positions(Everything with { After = new(2), Direction = Direction.Backwards }));
        Assert.Equal(
            "2 3",
            await Positions(Everything with { Since = Noon.AddMinutes(1), Until = Noon.AddMinutes(3) })
        );
        Assert.Equal("", await Positions(Everything with { Stream = "never" }));
    }

    [Fact]
    public async Task Streams_that_are_not_Varves_are_printed_byte_by_byte()
    {
        byte[] raw = [0, 255, (byte)'\n', 7];
        NewEvent[] foreign =
        [
            new(Guid.NewGuid(), "Raw", raw, raw) { IsJson = false },
            new(Guid.NewGuid(), "Empty", default, default) { IsJson = false },
            new(Guid.NewGuid(), "NotWhatItSays", "{"u8.ToArray(), "[1]"u8.ToArray()),
        ];
        await store.Append([new("$$odd stream\n", ExpectedRevision.NoStream, foreign)], Cancel);
        await using var log = EmbeddedEventLog.Open(folder, TimeProvider.System);
        var bytes = new ArrayBufferWriter<byte>();
        await using var writer = EventLine.Writer(bytes);
        await foreach (var batch in (Everything with { After = new(4) }).Of(log, Cancel))
        foreach (var recorded in batch)
            EventLine.Write(writer, bytes, recorded);

        var lines = Encoding.UTF8.GetString(bytes.WrittenSpan).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var read = lines.Select(line => EventLine.Read(Encoding.UTF8.GetBytes(line))).ToArray();
        Assert.Equal(
            foreign.Select(e => (e.Id, e.Type, e.IsJson, Hex(e.Data), Hex(e.Metadata))),
            read.Select(e => (e.Id, e.Type, e.IsJson, Hex(e.Data), Hex(e.Metadata)))
        );
    }

    [Fact]
    public async Task Who_follows_is_told_of_what_is_yet_to_come()
    {
        await using var log = EmbeddedEventLog.Open(folder, TimeProvider.System);
        var follow = Everything with { Stream = "object-a/x", Follow = true };
        var seen = new List<long>();
        await foreach (var batch in follow.Of(log, Cancel))
        {
            seen.AddRange(batch.Select(recorded => recorded.Position.Value));
            if (seen.Count == 2)
                await Append("object-a/x", "ObjectPut", "ana", Noon);
            if (seen.Count == 3)
                break;
        }
        Assert.Equal([2, 3, 5], seen);
    }

    [Fact]
    public async Task A_reader_that_has_enough_ends_the_replay_quietly_and_a_line_is_JSON()
    {
        for (var i = 0; i < 30; i++)
            await Append("object-a/long", "ObjectPut", new string('x', 50_000), Noon);
        var shell = new ProcessStartInfo("bash") { RedirectStandardOutput = true, RedirectStandardError = true };
        var varve = typeof(CommandLine).Assembly.Location;
        foreach (var word in (string[])["-c", $"dotnet '{varve}' replay --data '{folder}' | head -n 2"])
            shell.ArgumentList.Add(word);
        using var running = Process.Start(shell)!;
        var error = running.StandardError.ReadToEndAsync(Cancel);
        var lines = (await running.StandardOutput.ReadToEndAsync(Cancel)).Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        );
        Assert.Equal("", await error);
        Assert.Equal(2, lines.Length);
        Assert.Equal("object-a/x", JsonDocument.Parse(lines[1]).RootElement.GetProperty("stream").GetString());
    }

    static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);

    async Task<string> Positions(Replay replay)
    {
        await using var log = EmbeddedEventLog.Open(folder, TimeProvider.System);
        var found = new List<long>();
        await foreach (var batch in replay.Of(log, Cancel))
            found.AddRange(batch.Select(recorded => recorded.Position.Value));
        return string.Join(' ', found);
    }

    async Task Append(string stream, string type, string by, DateTimeOffset at)
    {
        var metadata = Encoding.UTF8.GetBytes($$"""{"at":"{{at:O}}","by":"{{by}}"}""");
        var one = new NewEvent(Guid.NewGuid(), type, "{}"u8.ToArray(), metadata);
        await store.Append([new(stream, ExpectedRevision.Any, [one])], Cancel);
    }
}
