using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain.Uploads;
using Varve.Projections;
using Varve.Projections.Runner;

namespace Varve.Workers.Tests;

public sealed class UploadExpirerTests
{
    [Fact]
    public async Task What_was_begun_a_week_ago_ends_and_what_is_younger_stays()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new UploadWorld();
        var week = UploadExpirer.Lifetime;
        var stale = await world.Begin(UploadWorld.Now - week - TimeSpan.FromMinutes(1));
        var young = await world.Begin(UploadWorld.Now - week + TimeSpan.FromMinutes(1));

        var generations = new ReadGenerations(world.Folder, world.Events, NullLogger<ReadGenerations>.Instance);
        await using var database = await generations.Open(progress: null, cancel);
        var expirer = new UploadExpirer(
            new ReadModels(database, new ProjectionBarrier(TimeSpan.Zero)),
            world.Door,
            TimeProvider.System,
            NullLogger<UploadExpirer>.Instance
        );

        Assert.Equal(1, await expirer.ExpireStale(cancel));
        Assert.Equal(UploadStatus.Expired, await StatusOf(stale));
        Assert.Equal(UploadStatus.Open, await StatusOf(young));

        async Task<UploadStatus> StatusOf(string id) =>
            (await world.States.Read(Upload.Decider, Upload.StreamOf(id), cancel)).Status;
    }
}
