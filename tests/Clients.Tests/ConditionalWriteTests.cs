using Amazon.S3;
using Amazon.S3.Model;

namespace Varve.Clients.Tests;

/// <summary>Two clients who want the same: locks as Terraform takes them, and versions that only one may
/// replace.</summary>
public sealed class ConditionalWriteTests(SharedServer server) : IDisposable
{
    const int Rounds = 1000;

    readonly AmazonS3Client[] clients = [SdkTests.Open(server.Process), SdkTests.Open(server.Process)];

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        foreach (var client in clients)
            client.Dispose();
    }

    /// <returns>The ETag; null where the other was first.</returns>
    static async Task<string?> Try(AmazonS3Client client, string bucket, string text, string? match)
    {
        var put = new PutObjectRequest
        {
            BucketName = bucket,
            Key = "state",
            ContentBody = text,
            IfMatch = match,
            IfNoneMatch = match is null ? "*" : null,
        };
        try
        {
            return (await client.PutObjectAsync(put, Cancel)).ETag;
        }
        catch (AmazonS3Exception refused)
            when (refused.ErrorCode is "PreconditionFailed" or "ConditionalRequestConflict")
        {
            return null;
        }
    }

    /// <returns>The winner's ETag.</returns>
    async Task<string> Race(string bucket, int round, string? match)
    {
        var etags = await Task.WhenAll(
            clients.Select((client, number) => Task.Run(() => Try(client, bucket, $"{round} {number}", match), Cancel))
        );
        return Assert.Single(etags, etag => etag is not null)!;
    }

    async Task<string> Content(string bucket)
    {
        using var got = await clients[0].GetObjectAsync(bucket, "state", Cancel);
        using var reader = new StreamReader(got.ResponseStream);
        return await reader.ReadToEndAsync(Cancel);
    }

    [Fact]
    public async Task Of_two_who_take_a_lock_file_exactly_one_has_it_each_time()
    {
        const string Bucket = "race-lock";
        await clients[0].PutBucketAsync(Bucket, Cancel);
        for (var round = 0; round < 100; round++)
        {
            await Race(Bucket, round, match: null);
            Assert.StartsWith($"{round} ", await Content(Bucket), StringComparison.Ordinal);
            await clients[1].DeleteObjectAsync(Bucket, "state", Cancel);
        }
    }

    [Fact]
    public async Task Of_two_who_replace_what_they_read_exactly_one_does_a_thousand_times()
    {
        const string Bucket = "race-replace";
        await clients[0].PutBucketAsync(Bucket, Cancel);
        var etag = await Try(clients[0], Bucket, "first", match: null);
        for (var round = 0; round < Rounds; round++)
            etag = await Race(Bucket, round, etag);
        Assert.StartsWith($"{Rounds - 1} ", await Content(Bucket), StringComparison.Ordinal);
    }
}
