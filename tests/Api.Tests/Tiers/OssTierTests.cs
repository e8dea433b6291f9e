using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Microsoft.AspNetCore.Http;
using Varve.Tiers;
using Varve.Tiers.S3;
using Varve.Tiers.Tests;
using Bytes = System.ReadOnlyMemory<byte>;

[assembly: AssemblyFixture(typeof(Varve.Api.Tests.Tiers.OssHost))]

namespace Varve.Api.Tests.Tiers;

public sealed class OssTierContract(OssHost oss) : TierContract, IAsyncDisposable
{
    readonly S3Tier tier = oss.Open("contract");

    protected override ITier Tier => tier;

    public async ValueTask DisposeAsync()
    {
        await tier.DisposeAsync();
        Assert.Empty(oss.Refused);
    }
}

/// <summary>An <see cref="S3Tier"/> over a server that refuses and misbehaves.</summary>
public sealed class OssTierTests : IAsyncLifetime
{
    const int Part = S3TierOptions.PartBytesMin;

    static readonly byte[] Large = Pieces.Random(1, 2 * Part + 1000);

    readonly OssHost oss = new();
    S3Tier tier = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await oss.InitializeAsync();
        tier = oss.Open("contents");
    }

    public async ValueTask DisposeAsync()
    {
        await tier.DisposeAsync();
        await oss.DisposeAsync();
    }

    [Fact]
    public async Task The_gate_refuses_what_the_SDK_does_unasked()
    {
        using var client = new AmazonS3Client(
            new BasicAWSCredentials("ana", S3.S3Host.SecretOf("ana")),
            new AmazonS3Config
            {
                ServiceURL = $"http://127.0.0.1:{oss.OptionsOf("any").Endpoint.Port}",
                ForcePathStyle = true,
            }
        );
        var put = new PutObjectRequest
        {
            BucketName = "any",
            Key = "k",
            ContentBody = "x",
        };
        var no = await Assert.ThrowsAnyAsync<AmazonS3Exception>(() => client.PutObjectAsync(put, Cancel));
        Assert.Equal("SecondLevelDomainForbidden", no.ErrorCode);
        Assert.NotEmpty(oss.Refused);
    }

    [Fact]
    public async Task A_large_body_goes_in_parts_and_out()
    {
        Assert.Equal(Large, await tier.Get(await tier.Put(Large), Large.Length));
        Assert.Empty(oss.Refused);
    }

    [Fact]
    public async Task A_lost_answer_to_the_completion_is_settled_by_looking()
    {
        oss.Next(
            request => HttpMethods.IsPost(request.Method) && request.Query.ContainsKey("uploadId"),
            async (http, next) =>
            {
                http.Response.Body = new MemoryStream();
                await next(http);
                http.Abort();
            }
        );
        Assert.Equal(Large, await tier.Get(await tier.Put(Large), Large.Length));
        Assert.True(oss.Done);
    }

    [Theory]
    [
        InlineData("PUT", 1000),
        InlineData("PUT", 2 * Part + 1000),
        InlineData("GET", 1000),
        InlineData("POST", 2 * Part + 1000)
    ]
    public async Task What_is_refused_for_now_is_sent_again(string method, int size)
    {
        await tier.Check(Cancel);
        for (var i = 0; i < 2; i++)
            oss.Next(
                request => request.Method == method,
                (http, _) => OssHost.Refuse(http, 503, "ServerBusy", "Please reduce your request rate.")
            );
        Assert.Equal(Large[..size], await tier.Get(await tier.Put(Large[..size]), size));
        Assert.True(oss.Done);
    }

    [Fact]
    public async Task A_read_goes_on_where_the_connection_broke()
    {
        var location = await tier.Put(Large);
        foreach (var after in (int[])[100_000, 1_000_000])
            oss.Next(
                request => HttpMethods.IsGet(request.Method),
                (http, next) =>
                {
                    http.Response.Body = new BreakingStream(http.Response.Body, after, http.Abort);
                    return next(http);
                }
            );
        Assert.Equal(Large, await tier.Get(location, Large.Length));
        Assert.True(oss.Done);
    }

    [Fact]
    public async Task A_server_that_refuses_for_good_is_out_of_reach()
    {
        await tier.Check(Cancel);
        oss.Next(
            request => HttpMethods.IsPut(request.Method),
            (http, _) => OssHost.Refuse(http, 403, "UserDisable", "The account is overdue.")
        );
        var refused = await Assert.ThrowsAsync<TierUnavailableException>(() => tier.Put([1]));
        Assert.Contains("403 UserDisable", refused.Message, StringComparison.Ordinal);
        Assert.Equal("oss", refused.Tier);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_in_time_is_out_of_reach()
    {
        await tier.Check(Cancel);
        await using var hasty = OssHost.Open(
            oss.OptionsOf("contents") with
            {
                Patience = TimeSpan.FromMilliseconds(50),
            }
        );
        await hasty.Check(Cancel);
        for (var i = 0; i < 4; i++)
            oss.Next(
                request => HttpMethods.IsPut(request.Method),
                (http, _) => Task.Delay(Timeout.Infinite, http.RequestAborted)
            );
        await Assert.ThrowsAsync<TierUnavailableException>(() => hasty.Put([1]));
    }

    /// <summary>Passes so many bytes on, then breaks the connection.</summary>
    sealed class BreakingStream(Stream inner, int after, Action abort) : Stream
    {
        int left = after;

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask WriteAsync(Bytes buffer, CancellationToken cancellationToken = default)
        {
            var passed = Math.Min(left, buffer.Length);
            left -= passed;
            await inner.WriteAsync(buffer[..passed], cancellationToken);
            await inner.FlushAsync(cancellationToken);
            if (passed < buffer.Length)
                abort();
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);

        public override void Flush() => throw new NotSupportedException();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
