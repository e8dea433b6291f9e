using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores.Embedded;

namespace Varve.EventStores.Tests;

public sealed class EmbeddedFaultTests : IAsyncLifetime
{
    readonly TemporaryFolder folder = new();
    readonly EmbeddedEventStore store;

    public EmbeddedFaultTests() => store = Open();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    string Database => Path.Combine(folder.Path, "log", "events.db");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await store.DisposeAsync();
        folder.Dispose();
    }

    EmbeddedEventStore Open() => EmbeddedEventStore.Open(folder.Path, TimeProvider.System, NullLogger.Instance);

    Task<AppendResult> Append(string stream, long expected, string data) =>
        store
            .Append(
                [new(stream, new(expected), [new(Guid.NewGuid(), "Tested", Encoding.UTF8.GetBytes(data), default)])],
                Cancel
            )
            .AsTask();

    [Fact]
    public async Task After_a_commit_that_failed_the_store_goes_on()
    {
        await Append("a", -1, "0");
        using (new WriteLock(Database))
        {
            var failed = Append("a", 0, "lost");
            await Assert.ThrowsAsync<EventStoreUnavailableException>(() => failed);
        }
        Assert.Equal(2, (await Append("a", 0, "1")).Position?.Value);
        Assert.Equal(3, (await Append("b", -1, "2")).Position?.Value);

        await foreach (var batch in store.Subscribe(Position.Start, [], Cancel))
        {
            Assert.Equal(["0", "1", "2"], batch.Events.Select(e => Encoding.UTF8.GetString(e.Data.Span)));
            break;
        }
    }

    [Fact]
    public async Task Disposing_answers_what_was_accepted_and_refuses_what_comes()
    {
        var held = await HeldAppend.Start(store);
        var accepted = Enumerable.Range(0, 300).Select(i => Append($"s{i}", -1, "x")).ToArray();
        var disposing = store.DisposeAsync().AsTask();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Append("late", -1, "x"));
        await held.Release();
        await disposing;
        Assert.All(await Task.WhenAll(accepted), result => Assert.NotNull(result.Position));

        await using var again = Open();
        Assert.Equal(new Position(301), await again.Head(Cancel));
    }

    [Fact]
    public async Task A_subscription_ends_with_the_store()
    {
        await using var live = store.Subscribe(Position.Start, [], Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await live.MoveNextAsync());
        var waiting = live.MoveNextAsync().AsTask();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
    }

    [Fact]
    public void The_log_cannot_be_opened_twice() =>
        Assert.Contains("open in another process", Assert.Throws<EventStoreUnavailableException>(Open).Message);

    [Fact]
    public async Task A_log_of_a_newer_version_is_left_alone()
    {
        await Append("a", -1, "0");
        await store.DisposeAsync();
        using (var connection = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            connection.Open();
            using var newer = connection.CreateCommand();
            newer.CommandText = "PRAGMA user_version = 3";
            newer.ExecuteNonQuery();
        }
        Assert.Contains("schema version 3", Assert.Throws<EventStoreUnavailableException>(Open).Message);
    }

    /// <summary>Version 1 did not say what is JSON: all was.</summary>
    [Fact]
    public async Task A_log_of_the_first_version_is_read_and_brought_up_to_date()
    {
        await Append("a", -1, "0");
        await store.DisposeAsync();
        using (var connection = new SqliteConnection($"Data Source={Database};Pooling=False"))
        {
            connection.Open();
            using var older = connection.CreateCommand();
            older.CommandText = "ALTER TABLE events DROP COLUMN json; PRAGMA user_version = 1";
            older.ExecuteNonQuery();
        }
        await using (var reader = EmbeddedEventLog.Open(folder.Path, TimeProvider.System))
            Assert.True(Assert.Single(await Stream(reader)).IsJson); // who only reads changes nothing

        var binary = new NewEvent(Guid.NewGuid(), "Raw", new byte[] { 0, 255 }, default) { IsJson = false };
        await using (var writer = Open())
            await writer.Append([new("a", new(0), [binary])], Cancel);
        await using (var again = Open())
            Assert.Equal([true, false], (await Stream(again)).Select(e => e.IsJson));

        static async Task<RecordedEvent[]> Stream(IEventLog log) =>
            await log.ReadStream("a", Direction.Forwards, 0, long.MaxValue, Cancel).ToArrayAsync(Cancel);
    }

    [Fact]
    public async Task A_file_that_is_no_log_is_refused()
    {
        await store.DisposeAsync();
        await File.WriteAllTextAsync(Database, new string('x', 10_000), Cancel);
        Assert.Contains("cannot be opened", Assert.Throws<EventStoreUnavailableException>(Open).Message);
    }
}

/// <summary>Keeps the store from writing, as long as it is held. An append waits for it, for two seconds at
/// most.</summary>
sealed class WriteLock : IDisposable
{
    readonly SqliteConnection connection;
    readonly SqliteTransaction transaction;

    public WriteLock(string database)
    {
        connection = new($"Data Source={database};Pooling=False");
        connection.Open();
        transaction = connection.BeginTransaction(deferred: false);
    }

    public void Dispose()
    {
        transaction.Dispose();
        connection.Dispose();
    }
}
