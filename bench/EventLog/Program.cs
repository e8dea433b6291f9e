using Varve.EventLog;
using Varve.Projections.Databases;

// --quick: shorter. --mysql URL: only the read models, into this database, whose rows go.
var quick = args.Contains("--quick");
var duration = TimeSpan.FromSeconds(quick ? 1 : 4);
var folder = Directory.CreateTempSubdirectory("varve-eventlog-").FullName;
try
{
    if (args.SkipWhile(arg => arg != "--mysql").ElementAtOrDefault(1) is { } url)
    {
        var server = MySqlServer.Parse(url);
        var objects = quick ? 10_000 : 100_000;
        Console.WriteLine(await Rebuild.RunInMySql(folder, server, objects, CancellationToken.None));
        return;
    }
    Console.WriteLine("| what | appends/s | commits/s | events a commit | p50 ms | p99 ms |");
    Console.WriteLine("|---|--:|--:|--:|--:|--:|");
    foreach (var writers in (int[])[1, 16, 64])
    {
        var place = Path.Combine(folder, $"log-{writers}");
        Console.WriteLine(await AppendRound.Run(place, writers, duration, CancellationToken.None));
        Console.WriteLine(
            await AppendRound.RunThroughNode(
                Path.Combine(folder, $"node-{writers}"),
                writers,
                duration,
                CancellationToken.None
            )
        );
        Console.WriteLine(ByHand.Run(Path.Combine(folder, $"hand-{writers}"), batch: writers, duration));
    }
    Console.WriteLine();
    Console.WriteLine(
        await CatchUp.Run(Path.Combine(folder, "read"), quick ? 50_000 : 1_000_000, CancellationToken.None)
    );
    Console.WriteLine(
        await Rebuild.Run(Path.Combine(folder, "fold"), quick ? 50_000 : 1_000_000, CancellationToken.None)
    );
    Console.WriteLine(await AuditTree.Run(Path.Combine(folder, "read"), CancellationToken.None));
}
finally
{
    Directory.Delete(folder, recursive: true);
}
