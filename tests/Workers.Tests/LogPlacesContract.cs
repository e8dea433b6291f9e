using Varve.EventStores;
using Varve.Projections.Databases;
using Varve.Projections.Runner;
using Varve.Services;

namespace Varve.Workers.Tests;

/// <summary>What every keeper of places must do.</summary>
public abstract class LogPlacesContract
{
    protected abstract ILogPlaces Places { get; }

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_follower_that_is_new_begins_at_the_start() =>
        Assert.Equal(Position.Start, await Places.Find("never", Cancel));

    [Fact]
    public async Task The_last_place_that_was_kept_is_found()
    {
        await Places.Keep("transfers-ceph", new(7), Cancel);
        await Places.Keep("transfers-ceph", new(long.MaxValue), Cancel);
        await Places.Keep("transfers-oss", new(3), Cancel);
        Assert.Equal(new(long.MaxValue), await Places.Find("transfers-ceph", Cancel));
        Assert.Equal(new(3), await Places.Find("transfers-oss", Cancel));
    }
}

public sealed class FilePlacesTests : LogPlacesContract, IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("varve-places-").FullName;

    protected override ILogPlaces Places => new FilePlaces(folder);

    public void Dispose() => Directory.Delete(folder, recursive: true);
}

public sealed class MySqlPlacesTests(MariaDb mariaDb) : LogPlacesContract, IClassFixture<MariaDb>, IAsyncLifetime
{
    readonly string name = $"places_{Guid.NewGuid():N}"[..20];

    MySqlServer Server => MySqlServer.Parse(mariaDb.Url + name);

    protected override ILogPlaces Places => new MySqlPlaces(Server);

    public async ValueTask InitializeAsync() => await MySqlMigrations.Run(Server, Cancel);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Who_is_late_takes_nobody_back()
    {
        await Places.Keep("finisher", new(9), Cancel);
        await Places.Keep("finisher", new(5), Cancel);
        Assert.Equal(new(9), await Places.Find("finisher", Cancel));
    }
}
