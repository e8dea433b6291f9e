using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Varve.Services;
using Varve.Tiers.S3;

namespace Varve.Tiers.Tests.S3;

/// <summary>What an <see cref="S3Tier"/> does when the way to its server, or a sender, is at fault.</summary>
public sealed class CephFaultTests(Ceph ceph)
{
    const int Part = S3TierOptions.PartBytesMin;

    static readonly byte[] Large = Pieces.Random(1, Part + 1000);

    readonly string bucket = $"tier-{Guid.NewGuid():n}";

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lost_answer_to_the_completion_of_a_body_is_found_out()
    {
        var lost = 0;
        await using var relay = new BreakingRelay(
            ceph.Url,
            head =>
            {
                if (!IsCompletion(head))
                    return null;
                lost++;
                return 0;
            }
        );
        await using var tier = Open(relay.Url);
        var location = await tier.Put(Large);
        Assert.True(lost > 0);
        Assert.Equal(Large, await tier.Get(location, Large.Length));
    }

    [Fact]
    public async Task An_object_that_was_there_before_is_not_taken_for_the_body()
    {
        var known = TierCalls.NoLimit with { Sha256 = SHA256.HashData(Large) };
        await using var direct = Open(ceph.Url);
        await using (var before = await direct.Stage(new MemoryBody(Large), known, Cancel))
            await direct.Keep(before, Cancel);

        await using var relay = new BreakingRelay(ceph.Url, _ => null, IsCompletion);
        await using var tier = Open(relay.Url);
        await using var staged = await tier.Stage(new MemoryBody(Large), known, Cancel);
        await Assert.ThrowsAsync<TierUnavailableException>(() => tier.Keep(staged, Cancel).AsTask());
    }

    [Fact]
    public async Task A_large_body_whose_hash_is_known_lies_under_it()
    {
        await using var tier = Open(ceph.Url);
        var sha256 = SHA256.HashData(Large);
        var known = TierCalls.NoLimit with { Sha256 = sha256 };
        await using var staged = await tier.Stage(new MemoryBody(Large), known, Cancel);
        var location = await tier.Keep(staged, Cancel);
        Assert.Equal($"ceph:{bucket}/ceph/{Convert.ToHexStringLower(sha256)}", location);
        Assert.Equal(Large, await tier.Get(location, Large.Length));

        await using var other = await tier.Stage(new MemoryBody([.. Large, 1]), known, Cancel);
        await Assert.ThrowsAsync<ArgumentException>(() => tier.Keep(other, Cancel).AsTask());
        Assert.Equal(Large, await tier.Get(location, Large.Length));
    }

    [Fact]
    public async Task Reading_goes_on_where_an_answer_broke_off()
    {
        var answers = 0;
        await using var relay = new BreakingRelay(
            ceph.Url,
            head =>
            {
                if (!head.StartsWith("GET ", StringComparison.Ordinal))
                    return null;
                answers++;
                return 1_000_000;
            }
        );
        await using var tier = Open(relay.Url);
        var location = await tier.Put(Large);
        Assert.Equal(Large, await tier.Get(location, Large.Length));
        Assert.True(answers > 5);
        Assert.Equal(Large[1000..^1000], await tier.Get(location, Large.Length, 1000, Large.Length - 2000));
    }

    [Fact]
    public async Task A_server_out_of_reach_is_told_and_says_nothing_of_the_bytes()
    {
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var url = new Uri($"http://{closed.LocalEndpoint}/");
        closed.Stop();
        await using var tier = Open(url);
        var location = $"ceph:{bucket}/ceph/{new string('0', 64)}";
        await Assert.ThrowsAsync<TierUnavailableException>(() => tier.Check(Cancel));
        await Assert.ThrowsAsync<TierUnavailableException>(() => tier.Put([1]));
        await Assert.ThrowsAsync<TierUnavailableException>(() => tier.Put(Large));
        await Assert.ThrowsAsync<TierUnavailableException>(() => tier.Get(location, 1));
        await Assert.ThrowsAsync<TierUnavailableException>(() => tier.Purge(location, Cancel).AsTask());
    }

    [Fact]
    public async Task Slow_senders_do_not_keep_others_waiting_without_end()
    {
        var options = CephTiers.OptionsOf(ceph, bucket) with { PartsInMemory = 1 };
        await using var tier = CephTiers.Open(options with { Patience = TimeSpan.FromSeconds(2) });
        var slow = new SlowBody(Large[..400_000]);
        var waiting = tier.Stage(slow, TierCalls.NoLimit, Cancel).AsTask();
        await slow.Asked.WaitAsync(Cancel);
        await Assert.ThrowsAsync<TierUnavailableException>(() => tier.Put(Large[..400_000]));
        await tier.Put(Large[..100]);
        slow.End();
        await (await waiting).DisposeAsync();
        await tier.Put(Large[..400_000]);
    }

    [Fact]
    public async Task A_fault_of_the_reader_is_not_taken_for_one_of_the_server()
    {
        await using var tier = Open(ceph.Url);
        var location = await tier.Put(Large[..1000]);
        await using var content = await tier.Open(location, 1000, Cancel);
        var output = PipeWriter.Create(Stream.Null);
        await output.CompleteAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(() => content.CopyTo(0, 1000, output, Cancel).AsTask());
    }

    static bool IsCompletion(string head) =>
        head.StartsWith("POST ", StringComparison.Ordinal) && head.Contains("uploadId=", StringComparison.Ordinal);

    S3Tier Open(Uri url) => CephTiers.Open(CephTiers.OptionsOf(ceph, bucket) with { Endpoint = url });

    /// <summary>Sends all but its end, and then nothing for a while.</summary>
    sealed class SlowBody(byte[] bytes) : IBodySource
    {
        readonly TaskCompletionSource asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        readonly TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool given;

        public long? AnnouncedLength => null;

        /// <summary>Ends when the bytes have been taken.</summary>
        public Task Asked => asked.Task;

        public void End() => end.SetResult();

        public async ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
        {
            if (!given)
            {
                given = true;
                return new(bytes);
            }
            asked.TrySetResult();
            await end.Task.WaitAsync(cancel);
            return default;
        }
    }
}
