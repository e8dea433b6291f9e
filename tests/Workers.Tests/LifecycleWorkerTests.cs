using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Projections;
using Varve.Projections.Runner;

namespace Varve.Workers.Tests;

public sealed class LifecycleWorkerTests
{
    static readonly BucketName Logs = BucketName.Parse("logs");

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_old_enough_expires_where_a_rule_says_so()
    {
        await using var world = new UploadWorld();
        await Make(world, versioned: false);
        await Put(world, "old/1", days: 5);
        await Put(world, "old/2", days: 1);
        await Put(world, "other", days: 5);
        await Put(world, "tagged", days: 5, tags: "k");
        await Put(world, "untagged", days: 5);
        await Rules(
            world,
            Rule(new(Prefix: "old/")) with
            {
                Expiration = new(Days: 3),
            },
            Rule(new(Tags: Tags("k"))) with
            {
                Expiration = new(Days: 3),
            },
            Rule(new(Prefix: "other")) with
            {
                Enabled = false,
                Expiration = new(Days: 1),
            }
        );

        Assert.Equal(2, await Follow(world));
        Assert.Equal(0, await Follow(world));
        Assert.Empty((await Versions(world, "old/1")).Stack);
        Assert.Empty((await Versions(world, "tagged")).Stack);
        foreach (var key in (string[])["old/2", "other", "untagged"])
            Assert.Single((await Versions(world, key)).Stack);
    }

    [Fact]
    public async Task A_versioned_bucket_gets_markers_and_loses_old_versions_and_at_last_the_markers()
    {
        await using var world = new UploadWorld();
        await Make(world, versioned: true);
        await Put(world, "a", days: 9);
        await Put(world, "a", days: 8);
        await Put(world, "a", days: 5);
        await Put(world, "b", days: 9);
        await world.Do(new ObjectCommand.Delete(Ago(7), new(Logs, ObjectKey.Parse("b")), WriteCondition.None));
        await Rules(
            world,
            Rule(new()) with
            {
                Expiration = new(Days: 3),
                Noncurrent = new(Days: 6, NewerKept: null),
            },
            Rule(new()) with
            {
                Id = "markers",
                Expiration = new(DeleteMarkers: true),
            }
        );

        // The oldest of a was replaced 8 days ago, the next 5 days ago; b was hidden 7 days ago.
        Assert.Equal(3, await Follow(world));
        Assert.Equal([false, false, true], (await Versions(world, "a")).Stack.Select(v => v.Put is null));
        Assert.Equal([true], (await Versions(world, "b")).Stack.Select(v => v.Put is null));
        Assert.Equal(1, await Follow(world));
        Assert.Empty((await Versions(world, "b")).Stack);
    }

    [Fact]
    public async Task The_newest_of_the_noncurrent_versions_are_kept_and_so_are_locked_ones()
    {
        await using var world = new UploadWorld();
        await Make(world, versioned: true);
        await world.Do(new BucketCommand.SetObjectLock(Ago(30), Logs, Default: null));
        for (var days = 20; days > 15; days--)
            await Put(world, "a", days);
        var oldest = (await Versions(world, "a")).Stack[0].Id;
        var held = new ObjectCommand.SetLegalHold(Ago(1), new(Logs, ObjectKey.Parse("a")), oldest, On: true);
        await world.Do(held);
        await Rules(world, Rule(new()) with { Noncurrent = new(Days: 1, NewerKept: 2) });

        Assert.Equal(1, await Follow(world));
        var left = (await Versions(world, "a")).Stack;
        Assert.Equal(4, left.Count);
        Assert.Equal(oldest, left[0].Id);
    }

    [Fact]
    public async Task Uploads_that_nobody_completes_are_ended()
    {
        await using var world = new UploadWorld();
        var (old, young) = (await world.Begin(Ago(4).At), await world.Begin(Ago(1).At));
        var films = BucketName.Parse("films");
        var rules = new LifecycleRules([Rule(new(Prefix: "fi")) with { AbortUploadsAfterDays = 2 }]);
        await world.Do(new BucketCommand.SetLifecycle(Ago(0), films, rules));

        Assert.Equal(1, await Follow(world));
        Assert.Equal(UploadStatus.Expired, (await Upload(old)).Status);
        Assert.Equal(UploadStatus.Open, (await Upload(young)).Status);

        ValueTask<Upload> Upload(string id) =>
            world.States.Read(Domain.Uploads.Upload.Decider, Domain.Uploads.Upload.StreamOf(id), Cancel);
    }

    static async Task<int> Follow(UploadWorld world)
    {
        // Read models of their own, filled from the log as it is.
        var folder = Directory.CreateDirectory(Path.Combine(world.Folder, $"{Guid.NewGuid():N}")).FullName;
        var generations = new ReadGenerations(folder, world.Events, NullLogger<ReadGenerations>.Instance);
        await using var database = await generations.Open(progress: null, Cancel);
        var worker = new LifecycleWorker(
            new ReadModels(database, new ProjectionBarrier(TimeSpan.Zero)),
            world.Door,
            TimeProvider.System,
            LifecycleRules.Day,
            NullLogger<LifecycleWorker>.Instance
        );
        return await worker.Follow(Cancel);
    }

    static async Task Make(UploadWorld world, bool versioned)
    {
        await world.Do(new BucketCommand.Create(Ago(30), Logs, "ana"));
        if (versioned)
            await world.Do(new BucketCommand.SetVersioning(Ago(30), Logs, BucketVersioning.Enabled));
    }

    static async Task Rules(UploadWorld world, params LifecycleRule[] rules) =>
        Assert.Null((await world.Do(new BucketCommand.SetLifecycle(Ago(0), Logs, new([.. rules])))).Rejection);

    static LifecycleRule Rule(LifecycleFilter filter) => new("r", Enabled: true, filter, null, null, null, null);

    static async Task Put(UploadWorld world, string key, int days, string? tags = null)
    {
        var hash = new ContentHash(new string('a', 64));
        var put = new ObjectCommand.Put(
            Ago(days),
            new(Logs, ObjectKey.Parse(key)),
            new ContentFacts(hash, new string('b', 40), Md5: null, Size: 1, "disk:x"),
            "etag",
            ObjectAttributes.None,
            Checksum: null,
            ObjectOrigin.Put,
            Source: null,
            WriteCondition.None
        )
        {
            Tags = tags is null ? null : Tags(tags),
        };
        Assert.Null((await world.Do(put)).Rejection);
    }

    static ValueTask<ObjectVersions> Versions(UploadWorld world, string key) =>
        world.States.Read(ObjectVersions.Decider, new ObjectId(Logs, ObjectKey.Parse(key)).Stream, Cancel);

    static ImmutableSortedDictionary<string, string> Tags(string key) =>
        ImmutableSortedDictionary.CreateRange([KeyValuePair.Create(key, "v")]);

    static CommandContext Ago(int days) => UploadWorld.ContextAt(UploadWorld.Now.AddDays(-days));
}
