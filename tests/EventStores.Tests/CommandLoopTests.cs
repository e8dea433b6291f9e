using System.Collections.Immutable;
using MediatR;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Tests;

public sealed class CommandLoopTests : IAsyncLifetime
{
    static readonly CancellationToken Never = CancellationToken.None;
    static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly BucketName Photos = BucketName.Parse("photos");
    static readonly ObjectId Cat = new(Photos, ObjectKey.Parse("cat.jpg"));
    static readonly ObjectId Dog = new(Photos, ObjectKey.Parse("dog.jpg"));

    readonly string folder = Directory.CreateTempSubdirectory("varve-loop-").FullName;
    EmbeddedEventStore store = null!;
    IMediator door = null!;

    public async ValueTask InitializeAsync()
    {
        store = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        door = NewDoor();
        Assert.Null((await Send(new BucketCommand.Create(Context(), Photos, "ana"))).Rejection);
    }

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_put_is_one_append_of_content_and_object()
    {
        var before = store.Commits;
        var outcome = await Send(Put(Cat));
        Assert.Equal(1, store.Commits - before);
        Assert.Equal(outcome.State<StoredObject>().Current?.Content, Bytes(1).Hash.Hex);
        Assert.Equal(["BucketCreated", "ContentStored", "ObjectPut"], await Types());
        Assert.Equal(outcome.Position, (await store.Head(Never)).Value);
    }

    [Fact]
    public async Task A_put_into_no_bucket_writes_nothing()
    {
        var outcome = await Send(Put(new(BucketName.Parse("nowhere"), Cat.Key)));
        Assert.Equal(ErrorCode.NoSuchBucket, outcome.Rejection?.Code);
        Assert.Equal(["BucketCreated"], await Types());
    }

    [Fact]
    public async Task A_refusal_by_the_last_step_writes_nothing_of_the_first_ones()
    {
        var outcome = await Send(Put(Cat) with { Condition = new("etag", null) });
        Assert.Equal(ErrorCode.NoSuchKey, outcome.Rejection?.Code);
        Assert.Equal(["BucketCreated"], await Types());
    }

    [Fact]
    public async Task A_rename_ends_the_old_name_last()
    {
        await Send(Put(Cat));
        var outcome = await Send(new ObjectCommand.Rename(Context(), Cat, Dog, null));
        Assert.Null(outcome.Rejection);
        Assert.Equal(["BucketCreated", "ContentStored", "ObjectPut", "ObjectPut", "ObjectDeleted"], await Types());
    }

    [Fact]
    public async Task Of_racing_writers_who_ask_for_a_new_name_exactly_one_wins()
    {
        var writers = Enumerable
            .Range(0, 50)
            .Select(n => Send(Put(Cat, n) with { Condition = new(null, "*") }, n % 2 == 0 ? door : NewDoor()));
        var outcomes = await Task.WhenAll(writers);
        Assert.Single(outcomes, outcome => outcome.Rejection is null);
        Assert.Equal(49, outcomes.Count(outcome => outcome.Rejection?.Code == ErrorCode.PreconditionFailed));
    }

    [Fact]
    public async Task Writers_who_ask_for_nothing_all_win()
    {
        var doors = Enumerable.Range(0, 4).Select(_ => NewDoor()).ToArray();
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 60).Select(n => Send(Put(Cat, n), doors[n % 4])));
        Assert.All(outcomes, outcome => Assert.Null(outcome.Rejection));
        Assert.Equal(60, (await Types()).Count(type => type == "ObjectPut"));
    }

    [Fact]
    public async Task A_command_id_that_comes_twice_gives_the_first_answer()
    {
        var once = Put(Cat) with { Context = Context() with { Repeatable = true } };
        var first = await Send(once);
        await Send(Put(Cat, 2));
        var second = await Send(once, NewDoor());
        Assert.Equal(first.State<StoredObject>().Current?.VersionId, second.State<StoredObject>().Current?.VersionId);
        Assert.Equal(first.State<StoredObject>().Current?.Content, second.State<StoredObject>().Current?.Content);
        Assert.Equal(2, (await Types()).Count(type => type == "ObjectPut"));
    }

    [Fact]
    public async Task A_command_id_is_not_lent_to_another_command()
    {
        var context = Context() with { Repeatable = true };
        await Send(Put(Cat) with { Context = context });
        var other = await Send(Put(Dog) with { Context = context });
        Assert.Equal(ErrorCode.IdempotencyKeyReused, other.Rejection?.Code);
    }

    [Fact]
    public async Task Of_two_streams_that_race_for_one_command_id_one_is_told_at_once()
    {
        var context = Context() with { Repeatable = true };
        var outcomes = await Task.WhenAll(
            Send(Put(Cat) with { Context = context }, NewDoor()),
            Send(Put(Dog) with { Context = context }, NewDoor())
        );
        Assert.Single(outcomes, outcome => outcome.Rejection is null);
        Assert.Single(outcomes, outcome => outcome.Rejection?.Code == ErrorCode.IdempotencyKeyReused);
    }

    [Fact]
    public async Task Deleting_nothing_calls_no_deletion_off()
    {
        await Send(new BucketCommand.RequestDeletion(Context(), Photos));
        await Send(new ObjectCommand.Delete(Context(), Cat, WriteCondition.None));
        var finish = new BucketCommand.FinishDeletion(Context(), Photos, Deletion: 1, Empty: true);
        Assert.Null((await Send(finish)).Rejection);
    }

    [Fact]
    public async Task A_refusal_is_not_given_on_a_state_that_lags()
    {
        var (here, there) = (NewDoor(), NewDoor());
        Assert.NotNull((await Send(new ObjectCommand.Rename(Context(), Cat, Dog, null), here)).Rejection);
        await Send(Put(Cat), there);
        Assert.Null((await Send(new ObjectCommand.Rename(Context(), Cat, Dog, null), here)).Rejection);
    }

    [Fact]
    public async Task A_write_calls_a_deletion_off_and_an_empty_bucket_goes()
    {
        await Send(new BucketCommand.RequestDeletion(Context(), Photos));
        await Send(Put(Cat), NewDoor());
        var called = await Send(new BucketCommand.FinishDeletion(Context(), Photos, Deletion: 1, Empty: true));
        Assert.Equal(ErrorCode.BucketNotEmpty, called.Rejection?.Code);

        await Send(new BucketCommand.RequestDeletion(Context(), Photos));
        Assert.Null(
            (await Send(new BucketCommand.FinishDeletion(Context(), Photos, Deletion: 2, Empty: true))).Rejection
        );
        Assert.Equal(ErrorCode.NoSuchBucket, (await Send(Put(Cat), NewDoor())).Rejection?.Code);
    }

    [Fact]
    public async Task What_is_too_large_is_refused_before_anything_is_read()
    {
        var user = new Dictionary<string, string> { ["note"] = new('x', 2045) };
        var attributes = new ObjectAttributes(null, null, user.ToImmutableSortedDictionary());
        var outcome = await Send(Put(Cat) with { Attributes = attributes });
        Assert.Equal(ErrorCode.MetadataTooLarge, outcome.Rejection?.Code);
    }

    IMediator NewDoor() =>
        CommandDoor.Open(
            new CommandLoop(store, new AggregateStates(store, capacity: 100), TimeSpan.FromSeconds(20)),
            new ValidationBehavior(CommandValidators.All)
        );

    Task<Outcome> Send(Command command, IMediator? by = null) => (by ?? door).Send(command, Never);

    static CommandContext Context() => new(Guid.CreateVersion7(), "ana", Noon);

    static ContentFacts Bytes(int n) =>
        new(
            new(n.ToString("x64", null)),
            n.ToString("x40", null),
            n.ToString("x32", null),
            n,
            $"disk:volume/000001@{n}"
        );

    static ObjectCommand.Put Put(ObjectId to, int n = 1) =>
        new(
            Context(),
            to,
            Bytes(n),
            $"etag{n}",
            ObjectAttributes.None,
            null,
            ObjectOrigin.Put,
            null,
            WriteCondition.None
        );

    async Task<List<string>> Types()
    {
        var types = new List<string>();
        await foreach (var recorded in store.ReadAll(Direction.Forwards, Position.Start, long.MaxValue, Never))
            types.Add(recorded.Type);
        return types;
    }
}
