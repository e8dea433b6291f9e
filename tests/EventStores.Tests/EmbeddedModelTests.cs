using System.Text;
using CsCheck;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Tests;

/// <summary>Whatever is done in whatever order, the store answers as a list would.</summary>
public sealed class EmbeddedModelTests
{
    abstract record Act
    {
        /// <param name="Stream">One of few, so that they meet.</param>
        /// <param name="Expected">−4 … 4</param>
        /// <param name="Count">Of events; 0 is a condition.</param>
        public sealed record Append(int Stream, int Expected, int Count, int OtherStream, int OtherCount) : Act;

        public sealed record AppendAgain(int Earlier) : Act;

        public sealed record ReadStream(int Stream, Direction Direction, long From, int Max) : Act;

        public sealed record ReadAll(Direction Direction, long From, int Max) : Act;

        public sealed record Follow(long After, int Stream) : Act;

        public sealed record Reopen : Act;
    }

    static readonly Gen<Direction> Directions = Gen.Bool.Select(b => b ? Direction.Forwards : Direction.Backwards);

    static readonly Gen<Act[]> Acts = Gen.Frequency(
        (6, Gen.Select(Gen.Int[0, 4], Gen.Int[-4, 4], Gen.Int[0, 3], Gen.Int[0, 9], Gen.Int[0, 2], Append)),
        (2, Gen.Int[0, 9].Select(Act (earlier) => new Act.AppendAgain(earlier))),
        (2, Gen.Select(Gen.Int[0, 5], Directions, Gen.Long[0, 9], Gen.Int[0, 9], ReadStream)),
        (1, Gen.Select(Directions, Gen.Long[0, 50], Gen.Int[0, 40], ReadAll)),
        (1, Gen.Select(Gen.Long[0, 40], Gen.Int[0, 4], Follow)),
        (1, Gen.Const<Act>(new Act.Reopen()))
    ).Array[1, 40];

    static Act Append(int stream, int expected, int count, int other, int otherCount) =>
        new Act.Append(stream, expected == -3 ? -1 : expected, count, other, otherCount);

    static Act ReadStream(int stream, Direction direction, long from, int max) =>
        new Act.ReadStream(stream, direction, from, max);

    static Act ReadAll(Direction direction, long from, int max) => new Act.ReadAll(direction, from, max);

    static Act Follow(long after, int stream) => new Act.Follow(after, stream);

    [Fact]
    public Task The_store_answers_as_its_model() => Acts.SampleAsync(Check, iter: 150, threads: 2);

    static async Task Check(Act[] acts)
    {
        using var folder = new TemporaryFolder();
        var model = new Model();
        var store = EmbeddedEventStore.Open(folder.Path, TimeProvider.System, NullLogger.Instance);
        try
        {
            foreach (var act in acts)
                if (act is Act.Reopen)
                {
                    await store.DisposeAsync();
                    store = EmbeddedEventStore.Open(folder.Path, TimeProvider.System, NullLogger.Instance);
                }
                else
                    await Check(act, store, model);
        }
        finally
        {
            await store.DisposeAsync();
        }
    }

    static async Task Check(Act act, EmbeddedEventStore store, Model model)
    {
        switch (act)
        {
            case Act.Append or Act.AppendAgain when model.Make(act) is { } append:
                Assert.Equal(model.Append(append), await store.Append(append, CancellationToken.None));
                break;
            case Act.ReadStream read:
                var stream = Model.Name(read.Stream);
                var events = store.ReadStream(stream, read.Direction, read.From, read.Max, CancellationToken.None);
                var of = model.All.Where(e => e.Stream == stream);
                Assert.Equal(
                    read.Direction == Direction.Forwards
                        ? of.Where(e => e.Revision >= read.From).Take(read.Max)
                        : of.Where(e => e.Revision <= read.From).Reverse().Take(read.Max),
                    await events.Select(Told.Of).ToListAsync()
                );
                break;
            case Act.ReadAll read:
                var all = store.ReadAll(read.Direction, new(read.From), read.Max, CancellationToken.None);
                Assert.Equal(
                    read.Direction == Direction.Forwards
                        ? model.All.Where(e => e.Position >= read.From).Take(read.Max)
                        : model.All.Where(e => e.Position <= read.From).Reverse().Take(read.Max),
                    await all.Select(Told.Of).ToListAsync()
                );
                break;
            case Act.Follow follow:
                var followed = new List<Told>();
                await foreach (
                    var batch in store.Subscribe(new(follow.After), [Model.Name(follow.Stream)], CancellationToken.None)
                )
                {
                    followed.AddRange(batch.Events.Select(Told.Of));
                    if (batch.Live)
                        break;
                }
                Assert.Equal(
                    model.All.Where(e => e.Position > follow.After && e.Stream == Model.Name(follow.Stream)),
                    followed
                );
                break;
        }
        Assert.Equal(new Position(model.All.Count), await store.Head(CancellationToken.None));
    }

    sealed record Told(string Stream, long Revision, long Position, Guid Id, string Data)
    {
        public static Told Of(RecordedEvent e) =>
            new(e.Stream, e.Revision, e.Position.Value, e.Id, Encoding.UTF8.GetString(e.Data.Span));
    }

    sealed class Model
    {
        readonly List<StreamAppend[]> made = [];

        public List<Told> All { get; } = [];

        public static string Name(int stream) => $"stream-{stream}";

        public StreamAppend[]? Make(Act act)
        {
            if (act is Act.AppendAgain again)
                return made.Count == 0 ? null : made[^(1 + (again.Earlier % made.Count))];
            var (stream, expected, count, other, otherCount) = (Act.Append)act;
            StreamAppend[] append = [new(Name(stream), new(expected), Events(count))];
            if (other != stream && other < 5)
                append = [.. append, new(Name(other), new(Last(Name(other))), Events(otherCount))];
            made.Add(append);
            return append;
        }

        static NewEvent[] Events(int count) =>
            [
                .. Enumerable
                    .Range(0, count)
                    .Select(i => new NewEvent(Guid.NewGuid(), "Made", new[] { (byte)('a' + i) }, default)),
            ];

        public AppendResult Append(StreamAppend[] appends)
        {
            var bearing = appends.Where(a => a.Events.Count > 0).ToArray();
            if (bearing.Length > 0 && bearing.All(a => Stored(a) is not null))
                return AppendResult.Written(new(bearing.Max(a => Stored(a) ?? 0)), RevisionOf(appends[0]));
            if (appends.FirstOrDefault(a => !Holds(a)) is { } wrong)
                return AppendResult.Refused(new(wrong.Stream, wrong.Expected, Last(wrong.Stream)));
            foreach (var (stream, @event) in appends.SelectMany(a => a.Events.Select(e => (a.Stream, e))))
                All.Add(
                    new(stream, Last(stream) + 1, All.Count + 1, @event.Id, Encoding.UTF8.GetString(@event.Data.Span))
                );
            return AppendResult.Written(new(All.Count), Last(appends[0].Stream));
        }

        /// <summary>What an append that is there already was answered.</summary>
        long RevisionOf(StreamAppend append) =>
            append.Events.Count > 0 && append.Expected.Value >= -1
                ? append.Expected.Value + append.Events.Count
                : Last(append.Stream);

        long Last(string stream) => All.Count(e => e.Stream == stream) - 1;

        bool Holds(StreamAppend append) =>
            append.Expected.Value switch
            {
                -2 => true,
                -4 => Last(append.Stream) >= 0,
                var exact => exact == Last(append.Stream),
            };

        long? Stored(StreamAppend append)
        {
            var first =
                append.Expected.Value >= -1 ? append.Expected.Value + 1 : Last(append.Stream) + 1 - append.Events.Count;
            var there = All.Where(e => e.Stream == append.Stream && e.Revision >= first)
                .Take(append.Events.Count)
                .ToArray();
            return first >= 0 && there.Select(e => e.Id).SequenceEqual(append.Events.Select(e => e.Id))
                ? there[^1].Position
                : null;
        }
    }
}
