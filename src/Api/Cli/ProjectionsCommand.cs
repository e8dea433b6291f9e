using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;
using Varve.Api.Hosting;
using Varve.EventStores.Embedded;
using Varve.Projections.Runner;

namespace Varve.Api.Cli;

/// <summary><c>varve projections</c>: throw the read models away and fold them again, or check that this would change
/// nothing. The server must be stopped.</summary>
static class ProjectionsCommand
{
    public static Command Make() =>
        new("projections", "The read models: folded from the log, and so rebuilt from it.") { Rebuild(), Verify() };

    static Command Rebuild()
    {
        var data = CommandLine.DataOption();
        var command = new Command("rebuild", "Fold the whole log into new read models. Stop the server first.")
        {
            data,
        };
        command.SetAction(
            (parsed, cancel) =>
                With(
                    parsed.GetValue(data)!,
                    async (generations, progress) =>
                    {
                        await using var rebuilt = await generations.Rebuild(progress, cancel);
                        foreach (var table in await ReadModelDigest.Of(rebuilt, cancel))
                            Console.WriteLine($"{table.Table, -24} {table.Rows, 12} rows");
                        return 0;
                    },
                    cancel
                )
        );
        return command;
    }

    static Command Verify()
    {
        var data = CommandLine.DataOption();
        var json = new Option<bool>("--json") { Description = "One JSON object a table." };
        var command = new Command("verify", "Compare the read models with a fresh fold of the log, table by table.")
        {
            data,
            json,
        };
        command.SetAction(
            (parsed, cancel) =>
                With(
                    parsed.GetValue(data)!,
                    async (generations, progress) =>
                    {
                        var tables = await generations.Verify(progress, cancel);
                        foreach (var (live, rebuilt) in tables)
                            Console.WriteLine(parsed.GetValue(json) ? Json(live, rebuilt) : Text(live, rebuilt));
                        return tables.All(table => table.Live == table.Rebuilt) ? 0 : 1;
                    },
                    cancel
                )
        );
        return command;
    }

    static string Text(TableDigest live, TableDigest rebuilt) =>
        live == rebuilt
            ? $"{live.Table, -24} equal    {live.Rows, 12} rows"
            : $"{live.Table, -24} DIFFERS  {live.Rows, 12} rows, should be {rebuilt.Rows}: "
                + "run 'varve projections rebuild'";

    static string Json(TableDigest live, TableDigest rebuilt) =>
        JsonSerializer.Serialize(
            new
            {
                table = live.Table,
                equal = live == rebuilt,
                live,
                rebuilt,
            }
        );

    static async Task<int> With(
        string data,
        Func<ReadGenerations, IProgress<RebuildProgress>, Task<int>> work,
        CancellationToken cancel
    )
    {
        await using var folder = DataFolder.Claim(data);
        await using var events = EmbeddedEventStore.Open(folder.Root, TimeProvider.System, NullLogger.Instance);
        var generations = new ReadGenerations(folder.Root, events, NullLogger<ReadGenerations>.Instance);
        var screen = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        return await screen
            .Progress()
            .AutoClear(enabled: true)
            .StartAsync(async bars =>
            {
                var bar = bars.AddTask("Folding the log");
                var progress = new Progress<RebuildProgress>(at =>
                {
                    bar.MaxValue = Math.Max(at.Head.Value, 1);
                    bar.Value = at.At.Value;
                });
                return await work(generations, progress);
            })
            .WaitAsync(cancel);
    }
}
