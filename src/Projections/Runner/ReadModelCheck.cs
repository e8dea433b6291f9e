using Microsoft.Extensions.Logging;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <summary>Whether read models are what the log says they should be.</summary>
public static class ReadModelCheck
{
    /// <summary>Compares read models, as they are at one instant, with ones built anew from the log up to the same
    /// position: in a file that is deleted afterwards, whatever kind of database they are in.</summary>
    /// <param name="folder">For the file; is made if missing.</param>
    /// <returns>A table each.</returns>
    public static async Task<IReadOnlyList<TableComparison>> Compare(
        IReadDatabase live,
        IEventLog log,
        string folder,
        IProgress<RebuildProgress>? progress,
        ILogger logger,
        CancellationToken cancel
    )
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"verify-{Guid.NewGuid():N}.db");
        try
        {
            using var was = await live.Read(cancel);
            await was.Session.Execute(new("BEGIN"), cancel);
            var upto = await Projector.ReadCheckpoint(was.Session, cancel);
            await SqliteReadDatabase.Create(path, cancel);
            await using var rebuilt = new SqliteReadDatabase(path);
            await BulkFold.Run(log, rebuilt, upto, rounds: 0, progress, logger, cancel);
            using var shouldBe = await rebuilt.Read(cancel);
            var compared = await ReadModelDigest.Compare(was.Session, shouldBe.Session, cancel);
            await was.Session.Execute(new("COMMIT"), cancel);
            return compared;
        }
        finally
        {
            SqliteReadDatabase.Delete(path);
        }
    }
}
