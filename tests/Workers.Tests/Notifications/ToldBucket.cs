using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Workers.Notifications;

namespace Varve.Workers.Tests.Notifications;

/// <summary>A bucket of ana's, whose events are told to whoever is named.</summary>
sealed class ToldBucket : IAsyncDisposable
{
    static readonly BucketName Name = BucketName.Parse("photos");

    readonly UploadWorld world = new();
    readonly NotificationMetrics metrics = new();

    public static async Task<ToldBucket> Make()
    {
        var bucket = new ToldBucket();
        await bucket.Do(new BucketCommand.Create(Context, Name, "ana"));
        return bucket;
    }

    static CommandContext Context => UploadWorld.ContextAt(UploadWorld.Now);

    public Task Tell(params string[] destinations) =>
        Tell([
            .. destinations.Select((destination, i) => RuleFor(destination, destinations.Length == 1 ? "" : $"{i}/")),
        ]);

    public Task Tell(params NotificationRule[] rules) =>
        Do(
            new BucketCommand.Configure(
                Context,
                Name,
                new BucketConfigurationEvent.NotificationsSet(
                    rules.Length == 0 ? null : new([.. rules]),
                    UploadWorld.Now
                )
            )
        );

    /// <param name="prefix">Of the keys.</param>
    public static NotificationRule RuleFor(string destination, string prefix) =>
        new(
            $"to-{destination}",
            NotificationTarget.Queue,
            $"arn:varve:sqs::{destination}",
            ["s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*", "s3:LifecycleExpiration:*"],
            prefix,
            Suffix: null
        );

    public Task Put(string key) =>
        Do(
            new ObjectCommand.Put(
                Context,
                Id(key),
                new ContentFacts(
                    new ContentHash(new string('e', 64)),
                    Sha1: new string('d', 40),
                    Md5: null,
                    Size: 5,
                    Location: "disk:volume/000001@0"
                ),
                ETag: "d4",
                ObjectAttributes.None,
                Checksum: null,
                ObjectOrigin.Put,
                Source: null,
                WriteCondition.None
            )
        );

    public Task Delete(string key) => Do(new ObjectCommand.Delete(Context, Id(key), WriteCondition.None));

    /// <summary>As a lifecycle rule does.</summary>
    public Task Expire(string key) =>
        Do(new ObjectCommand.Delete(Context with { By = LifecycleWorker.Actor }, Id(key), WriteCondition.None));

    public Task Tag(string key) =>
        Do(
            new ObjectCommand.Tag(
                Context,
                Id(key),
                VersionId: null,
                ImmutableSortedDictionary<string, string>.Empty.Add("a", "b")
            )
        );

    public Task Version() => Do(new BucketCommand.SetVersioning(Context, Name, BucketVersioning.Enabled));

    /// <summary>As a process does from its start to its end, however abrupt: what it kept is in the world's folder.
    /// </summary>
    public Running Run(params IEventDestination[] destinations) =>
        new(
            new NotificationWorker(
                world.Events,
                destinations,
                "us-east-1",
                new FilePlaces(world.Folder),
                metrics,
                new HurriedClock(),
                NullLogger<NotificationWorker>.Instance
            )
        );

    public async ValueTask DisposeAsync()
    {
        metrics.Dispose();
        await world.DisposeAsync();
    }

    static ObjectId Id(string key) => new(Name, ObjectKey.Parse(key));

    async Task Do(Command command) => Assert.Null((await world.Do(command)).Rejection);

    /// <summary>Its pauses are a fiftieth of what they are said to be: what is refused often is told again soon.
    /// </summary>
    sealed class HurriedClock : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan due, TimeSpan period) =>
            base.CreateTimer(callback, state, due > TimeSpan.Zero ? due / 50 : due, period);
    }

    /// <summary>A worker that works until it is disposed.</summary>
    public sealed class Running : IAsyncDisposable
    {
        readonly CancellationTokenSource stop = new();
        readonly Task working;

        public Running(IWorker worker) => working = Task.Run(() => worker.Run(stop.Token));

        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            await working;
            stop.Dispose();
        }
    }
}
