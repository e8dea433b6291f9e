using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using MediatR;
using Microsoft.Extensions.Logging;
using Varve.Domain;
using Varve.Domain.Contents;
using Varve.Projections;
using Varve.Tiers;

namespace Varve.Workers;

/// <param name="BytesPerSecond">Bound of what it reads.</param>
/// <param name="Days">From the beginning of one pass to the next; 0: only when it is asked for.</param>
public sealed record ScrubPace(long BytesPerSecond, int Days);

/// <summary>How a pass is, or the last one was.</summary>
/// <param name="FinishedAt">Null while it runs.</param>
/// <param name="After">The last content that was read, SHA-256 in hex; empty before the first.</param>
/// <param name="Damaged">Copies that were found damaged.</param>
public sealed record ScrubPass(
    DateTimeOffset StartedAt,
    DateTimeOffset? FinishedAt,
    string After,
    long Contents,
    long Bytes,
    long Damaged
)
{
    /// <summary>0 … 1. Contents are gone through in the order of their hashes, which lie evenly.</summary>
    public double Fraction =>
        FinishedAt is not null ? 1
        : After.Length == 0 ? 0
        : int.Parse(After.AsSpan(0, 6), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / (double)(1 << 24);
}

/// <summary>
/// Reads all contents of a tier again, now and then, at a bounded rate, and puts on record which are no longer what was
/// kept. A pass that was cut short goes on where it was.
/// </summary>
/// <param name="folder">Holds <c>scrub.json</c>: how the pass is.</param>
public sealed class Scrubber(
    ReadModels reads,
    ITier tier,
    IMediator door,
    ScrubPace pace,
    string folder,
    TimeProvider clock,
    ILogger<Scrubber> logger
) : IWorker
{
    static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);
    const int PageMax = 100;

    readonly string file = Path.Combine(folder, "scrub.json");
    readonly Channel<bool> asked = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    /// <summary>Null before <see cref="Run"/>.</summary>
    public ScrubPass? Pass { get; private set; }

    /// <summary>Begins a pass now, if none is under way.</summary>
    public void Ask() => asked.Writer.TryWrite(true);

    public async Task Run(CancellationToken cancel)
    {
        try
        {
            Pass = await Saved(cancel) ?? await Never(cancel);
            while (true)
            {
                await UntilDue(cancel);
                try
                {
                    await Scrub(cancel);
                }
                catch (Exception fault) when (fault is not OperationCanceledException)
                {
                    logger.WorkerFailed(nameof(Scrubber), Interval, fault);
                    await Task.Delay(Interval, clock, cancel);
                }
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    /// <summary>A whole pass, or the rest of one.</summary>
    public async Task<ScrubPass> Scrub(CancellationToken cancel)
    {
        var begun = clock.GetTimestamp();
        var pass = Pass is { FinishedAt: null } cut ? cut : new(clock.GetUtcNow(), null, "", 0, 0, 0);
        var readBefore = pass.Bytes;
        Pass = pass;
        while (true)
        {
            var copies = await reads.CopiesIn(tier.Name, pass.After, PageMax, cancel);
            if (copies.Count == 0)
                break;
            foreach (var copy in copies)
            {
                var damaged = await Check(copy, Paced, cancel) ? 0 : 1;
                Pass = pass = pass with
                {
                    After = copy.Content,
                    Contents = pass.Contents + 1,
                    Bytes = pass.Bytes + copy.Size,
                    Damaged = pass.Damaged + damaged,
                };
            }
            await Save(pass, cancel);
        }
        Pass = pass = pass with { FinishedAt = clock.GetUtcNow() };
        await Save(pass, cancel);
        logger.Scrubbed(pass.Contents, pass.Bytes, pass.Damaged);
        return pass;

        async ValueTask Paced(long bytesOfThis)
        {
            var due = TimeSpan.FromSeconds((pass.Bytes - readBefore + bytesOfThis) / (double)pace.BytesPerSecond);
            if (due - clock.GetElapsedTime(begun) is { Ticks: > 0 } early)
                await Task.Delay(early, clock, cancel);
        }
    }

    async Task UntilDue(CancellationToken cancel)
    {
        while (Pass is { FinishedAt: not null } last && !IsDue(last))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(Interval);
            try
            {
                await asked.Reader.ReadAsync(limit.Token);
                return;
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                // Looks at the clock again.
            }
        }
    }

    bool IsDue(ScrubPass last) => pace.Days > 0 && clock.GetUtcNow() >= last.StartedAt.AddDays(pace.Days);

    /// <returns>False if the copy is damaged.</returns>
    async Task<bool> Check(CopyRow copy, Func<long, ValueTask> paced, CancellationToken cancel)
    {
        try
        {
            await using var reader = await tier.Open(copy.Location, copy.Size, cancel);
            await using var body = new StoredBody(reader, 0, copy.Size, cancel);
            using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (var read = 0L; await body.Next(cancel) is { IsEmpty: false } piece; await paced(read += piece.Length))
                foreach (var segment in piece)
                    sha256.AppendData(segment.Span);
            return ContentHash.FromBytes(sha256.GetHashAndReset()).Hex == copy.Content
                ? true
                : throw new ContentDamagedException(copy.Location, "the bytes have another SHA-256");
        }
        catch (ContentDamagedException damage)
        {
            var now = clock.GetUtcNow();
            var outcome = await door.Send(
                new ContentCommand.ReportDamage(
                    new CommandContext(Guid.CreateVersion7(now), "varve", now),
                    new(copy.Content),
                    copy.Location,
                    damage.Message
                ),
                cancel
            );
            // It may have been evicted or purged meanwhile.
            return outcome.State<Content>().Copies.Values.All(one => one.Location != copy.Location);
        }
    }

    /// <summary>A first start: nothing has had the time to rot, and the first pass is due like any other.</summary>
    async Task<ScrubPass> Never(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var pass = new ScrubPass(now, now, "", 0, 0, 0);
        await Save(pass, cancel);
        return pass;
    }

    async Task Save(ScrubPass pass, CancellationToken cancel)
    {
        var beside = file + ".new";
        await File.WriteAllBytesAsync(beside, JsonSerializer.SerializeToUtf8Bytes(pass), cancel);
        File.Move(beside, file, overwrite: true);
    }

    async ValueTask<ScrubPass?> Saved(CancellationToken cancel)
    {
        try
        {
            return File.Exists(file)
                ? JsonSerializer.Deserialize<ScrubPass>(await File.ReadAllBytesAsync(file, cancel))
                : null;
        }
        catch (JsonException)
        {
            return null; // a crash cut it: from the beginning
        }
    }
}
