using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <param name="At">How far the new generation is.</param>
/// <param name="Head">How far it will go.</param>
/// <param name="Events">Projected so far.</param>
public sealed record RebuildProgress(Position At, Position Head, long Events);

/// <summary>
/// The generations of the read models in a data folder: <c>read/&lt;number&gt;.db</c>, of which the file
/// <c>read/current</c> names the one in use. A rebuild fills the next one from the log and then moves the name. For one
/// process at a time, but for <see cref="Find"/> and <see cref="Verify"/>.
/// </summary>
/// <param name="folder">The data folder; <c>read</c> is made in it.</param>
public sealed class ReadGenerations(string folder, IEventLog log, ILogger<ReadGenerations> logger) : IReadGenerations
{
    readonly string home = Path.Combine(folder, "read");
    CurrentReadDatabase? readers;

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

    /// <summary>The read models in use, to look at: beside a running server too.</summary>
    /// <returns>Null if there are none, or they can't be used: the next start builds them.</returns>
    public async Task<(int Number, SqliteReadDatabase Database)?> Find(CancellationToken cancel) =>
        Current() is { } number && await WhatIsWrong(PathOf(number), cancel) is null
            ? (number, new SqliteReadDatabase(PathOf(number)))
            : null;

    /// <summary>Builds the read models anew from the whole log, and uses them from then on. Nobody else may have them
    /// open meanwhile.</summary>
    public async Task<SqliteReadDatabase> Rebuild(IProgress<RebuildProgress>? progress, CancellationToken cancel) =>
        await Rebuild("it was asked for", progress, cancel);

    /// <summary>Compares the read models in use, as they are at one instant, with ones built anew from the log up to
    /// the same position.</summary>
    /// <returns>A table each; null if there are no read models that can be used.</returns>
    public async Task<IReadOnlyList<TableComparison>?> Verify(
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    )
    {
        if (await Find(cancel) is not var (_, live))
            return null;
        await using var closing = live;
        return await ReadModelCheck.Compare(live, log, home, progress, logger, cancel);
    }

    public async Task<NextGeneration> BuildNext(
        string reason,
        int rounds,
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    )
    {
        var (number, database) = await Build(reason, rounds, progress, cancel);
        return new Next(this, number, database);
    }

    async Task<(int Number, SqliteReadDatabase Database)> Build(
        string reason,
        int rounds,
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    )
    {
        Directory.CreateDirectory(home);
        var number = Numbers().DefaultIfEmpty().Max() + 1;
        var path = PathOf(number);
        logger.RebuildStarted(path, reason);
        try
        {
            var (events, at) = await Fill(path, await log.Head(cancel), rounds, progress, cancel);
            logger.RebuildDone(events, at);
            return (number, new SqliteReadDatabase(path));
        }
        catch
        {
            SqliteReadDatabase.Delete(path);
            throw;
        }
    }

    /// <summary>From the next start on, this one is in use; the others go.</summary>
    void Use(int number)
    {
        PointTo(number);
        DeleteAllBut(number);
    }

    async Task<SqliteReadDatabase> Rebuild(
        string reason,
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    )
    {
        var (number, database) = await Build(reason, rounds: 0, progress, cancel);
        Use(number);
        return database;
    }

    async Task<(long Events, Position At)> Fill(
        string path,
        Position head,
        int rounds,
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    )
    {
        await SqliteReadDatabase.Create(path, cancel);
        await using var database = new SqliteReadDatabase(path);
        var filled = await BulkFold.Run(log, database, head, rounds, progress, logger, cancel);
        Flush(path);
        return filled;
    }

    async ValueTask<string?> WhatIsWrong(string path, CancellationToken cancel)
    {
        if (await SqliteReadDatabase.WhatIsWrong(path, cancel) is { } wrong)
            return wrong;
        await using var database = new SqliteReadDatabase(path);
        using var lease = await database.Read(cancel);
        var checkpoint = await Projector.ReadCheckpoint(lease.Session, cancel);
        return checkpoint > await log.Head(cancel) ? "they are ahead of the log" : null;
    }

    public int Number => Current() ?? 0;

    /// <summary>Whom a rebuild gives its generation to.</summary>
    /// <param name="current">Reads what <see cref="Open"/> gave.</param>
    public void Serve(CurrentReadDatabase current) => readers = current;

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

    sealed class Next(ReadGenerations generations, int number, SqliteReadDatabase filled) : NextGeneration
    {
        SqliteReadDatabase? before;

        public override IReadDatabase Database => filled;

        public override ValueTask<IReadDatabase> Use(CancellationToken cancel)
        {
            before = generations.readers!.Replace(filled);
            generations.PointTo(number);
            return new(filled);
        }

        public override async ValueTask DisposeAsync()
        {
            await (before ?? filled).DisposeAsync(); // when its last reader is done
            generations.DeleteAllBut(generations.Number);
        }
    }
}
