using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <param name="At">How far the new generation is.</param>
/// <param name="Head">How far it will go.</param>
/// <param name="Events">Projected so far.</param>
public readonly record struct RebuildProgress(Position At, Position Head, long Events);

/// <summary>
/// The generations of the read models in a data folder: <c>read/&lt;number&gt;.db</c>, of which the file
/// <c>read/current</c> names the one in use. A rebuild fills the next one from the log and then moves the name. For one
/// process at a time.
/// </summary>
/// <param name="folder">The data folder; <c>read</c> is made in it.</param>
public sealed class ReadGenerations(string folder, IEventStore store, ILogger<ReadGenerations> logger)
{
    /// <summary>Events of one transaction.</summary>
    const int EventsMax = 20_000;

    readonly string home = Path.Combine(folder, "read");

    string Pointer => Path.Combine(home, "current");

    /// <summary>The read models in use; built anew first if there are none, or they can't be used.</summary>
    public async Task<SqliteReadDatabase> Open(IProgress<RebuildProgress>? progress, CancellationToken cancel)
    {
        var current = Current();
        var wrong = current is null ? "there are none" : await WhatIsWrong(PathOf(current.Value), cancel);
        if (wrong is not null)
            return await Rebuild(wrong, progress, cancel);
        DeleteAllBut(current!.Value);
        return new SqliteReadDatabase(PathOf(current.Value));
    }

    /// <summary>Builds the read models anew from the whole log, and uses them from then on. Nobody else may have them
    /// open meanwhile.</summary>
    public async Task<SqliteReadDatabase> Rebuild(IProgress<RebuildProgress>? progress, CancellationToken cancel) =>
        await Rebuild("it was asked for", progress, cancel);

    /// <summary>Compares the read models in use with ones built anew from the log up to the same position.</summary>
    /// <returns>Per table: as it is, and as it should be.</returns>
    public async Task<IReadOnlyList<(TableDigest Live, TableDigest Rebuilt)>> Verify(
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    )
    {
        await using var live = await Open(progress, cancel);
        var path = Path.Combine(home, "verify.db");
        try
        {
            await Build(path, await CheckpointOf(live, cancel), progress, cancel);
            await using var rebuilt = new SqliteReadDatabase(path);
            return [.. (await ReadModelDigest.Of(live, cancel)).Zip(await ReadModelDigest.Of(rebuilt, cancel))];
        }
        finally
        {
            SqliteReadDatabase.Delete(path);
        }
    }

    async Task<SqliteReadDatabase> Rebuild(
        string reason,
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    )
    {
        Directory.CreateDirectory(home);
        var next = Numbers().DefaultIfEmpty().Max() + 1;
        logger.RebuildStarted(PathOf(next), reason);
        var (events, at) = await Build(PathOf(next), await store.Head(cancel), progress, cancel);
        PointTo(next);
        DeleteAllBut(next);
        logger.RebuildDone(events, at);
        return new SqliteReadDatabase(PathOf(next));
    }

    async Task<(long Events, Position At)> Build(
        string path,
        Position head,
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    )
    {
        await SqliteReadDatabase.Create(path, cancel);
        await using var database = new SqliteReadDatabase(path);
        var projections = ReadModelProjections.All();
        var session = await database.OpenBulkWriter(cancel);
        var (count, at) = (0L, Position.Start);
        await using (var projector = await Projector.Open(database, session, projections, logger, cancel))
        {
            var pending = new List<RecordedEvent>();
            var batches = store.Subscribe(Position.Start, Projector.StreamPrefixes(projections), cancel);
            if (head > Position.Start)
                await foreach (var batch in batches)
                {
                    pending.AddRange(batch.Events.TakeWhile(recorded => recorded.Position <= head));
                    at = batch.Upto < head ? batch.Upto : head;
                    if (pending.Count < EventsMax && at < head)
                        continue;
                    await projector.Apply(pending, at, cancel);
                    count += pending.Count;
                    pending.Clear();
                    progress?.Report(new(at, head, count));
                    if (at >= head)
                        break;
                }
        }
        Flush(path);
        return (count, at);
    }

    async ValueTask<string?> WhatIsWrong(string path, CancellationToken cancel)
    {
        if (await SqliteReadDatabase.WhatIsWrong(path, cancel) is { } wrong)
            return wrong;
        await using var database = new SqliteReadDatabase(path);
        return await CheckpointOf(database, cancel) > await store.Head(cancel) ? "they are ahead of the log" : null;
    }

    static async ValueTask<Position> CheckpointOf(SqliteReadDatabase database, CancellationToken cancel)
    {
        using var lease = await database.Read(cancel);
        return await Projector.ReadCheckpoint(lease.Session, cancel);
    }

    int? Current() =>
        File.Exists(Pointer) && int.TryParse(File.ReadAllText(Pointer), CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    void PointTo(int number)
    {
        var temporary = Pointer + ".new";
        using (var file = new FileStream(temporary, FileMode.Create))
        {
            file.Write(Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, Pointer, overwrite: true);
    }

    static void Flush(string path)
    {
        using var file = File.OpenHandle(path, access: FileAccess.ReadWrite);
        RandomAccess.FlushToDisk(file);
    }

    void DeleteAllBut(int number)
    {
        foreach (var old in Numbers().Where(other => other != number).ToList())
            SqliteReadDatabase.Delete(PathOf(old));
    }

    IEnumerable<int> Numbers() =>
        Directory.Exists(home)
            ? Directory
                .EnumerateFiles(home, "*.db")
                .Select(Path.GetFileNameWithoutExtension)
                .Where(name => int.TryParse(name, CultureInfo.InvariantCulture, out _))
                .Select(name => int.Parse(name!, CultureInfo.InvariantCulture))
            : [];

    string PathOf(int number) => Path.Combine(home, $"{number.ToString("D6", CultureInfo.InvariantCulture)}.db");
}
