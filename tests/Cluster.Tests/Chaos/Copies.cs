using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain.Contents;
using Varve.EventStores;
using Varve.EventStores.EventStoreDb;
using Varve.Server.Tests;

namespace Varve.Cluster.Tests.Chaos;

/// <summary>What the log and the far tier say of the copies of every content.</summary>
sealed class Copies : IAsyncDisposable
{
    const string Tier = "oss";
    const string Bucket = "userfile";

    readonly EventStoreDbStore log;
    readonly AggregateStates states;
    readonly AmazonS3Client oss;

    public Copies(VarveCluster cluster)
    {
        log = EventStoreDbStore.Open(
            ConnectionString.Parse(cluster.EventStore),
            TimeProvider.System,
            NullLogger.Instance
        );
        states = new(log, capacity: 100_000);
        oss = new(
            ServerProcess.Root,
            ServerProcess.Secret,
            new AmazonS3Config { ServiceURL = $"{cluster.Oss.S3}", ForcePathStyle = true }
        );
    }

    /// <summary>Contents whose copy is not on record, or not there.</summary>
    public async Task<IReadOnlyList<string>> Missing(CancellationToken cancel)
    {
        var there = await Locations(cancel);
        var missing = new List<string>();
        var (streams, head) = (new HashSet<string>(), await log.Head(cancel));
        await foreach (var batch in log.Subscribe(Position.Start, ["content-"], cancel))
        {
            streams.UnionWith(batch.Events.Select(recorded => recorded.Stream));
            if (batch.Upto >= head)
                break;
        }
        Assert.NotEmpty(streams);
        foreach (var stream in streams)
        {
            var content = await states.Read(Content.Decider, stream, cancel);
            if (content.Stored is null)
                continue;
            if (!content.IsIn(Tier))
                missing.Add($"{stream}: {string.Join(", ", content.Copies.Keys)}");
            else if (!there.Contains(content.Copies[Tier].Location))
                missing.Add($"{stream}: nothing at {content.Copies[Tier].Location}");
        }
        return missing;
    }

    public async ValueTask DisposeAsync()
    {
        oss.Dispose();
        await log.DisposeAsync();
    }

    async Task<HashSet<string>> Locations(CancellationToken cancel)
    {
        var locations = new HashSet<string>();
        var request = new ListObjectsV2Request { BucketName = Bucket };
        await foreach (var one in oss.Paginators.ListObjectsV2(request).S3Objects.WithCancellation(cancel))
            locations.Add($"{Tier}:{Bucket}/{one.Key}");
        return locations;
    }
}
