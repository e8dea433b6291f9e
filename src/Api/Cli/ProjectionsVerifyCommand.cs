using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.Hosting;
using Varve.EventStores;
using Varve.Projections.Databases;
using Varve.Projections.Runner;

namespace Varve.Api.Cli;

/// <summary><c>varve projections verify</c>: compare the read models with a fresh fold of the log. The server may run
/// meanwhile.</summary>
static class ProjectionsVerifyCommand
{
    public static Command Make()
    {
        var data = CommandLine.DataOption();
        var json = new Option<bool>("--json") { Description = "One JSON object a table." };
        var command = new Command(
            "verify",
            """
            Compare the read models with a fresh fold of the log up to the same position, table by table, row by row.
            The first row of a table that differs is printed. Ends with 1 if any does.
            """
        )
        {
            data,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var tables = await Compare(parsed.GetValue(data)!, cancel);
                foreach (var table in tables)
                    Console.WriteLine(
                        parsed.GetValue(json) ? JsonSerializer.Serialize(table, JsonSerializerOptions.Web) : Text(table)
                    );
                return tables.All(table => table.First is null) ? 0 : 1;
            }
        );
        return command;
    }

    static async Task<IReadOnlyList<TableComparison>> Compare(string data, CancellationToken cancel)
    {
        var configuration = new ConfigurationBuilder()
            .AddJsonFile("appsettings.json", optional: true)
            .AddEnvironmentVariables()
            .Build();
        var settings = Settings.From(configuration);
        await using var log = OpenedLog.Open(data, settings.EventStore);
        IReadOnlyList<TableComparison>? compared = null;
        await FoldingProgress.Show(
            async progress => compared = await Compare(data, settings, log.Events, progress, cancel),
            cancel
        );
        return compared
            ?? throw new SettingsException("There are no read models that can be used; the next start builds them.");
    }

    static async Task<IReadOnlyList<TableComparison>?> Compare(
        string data,
        Settings settings,
        IEventLog log,
        IProgress<RebuildProgress> progress,
        CancellationToken cancel
    )
    {
        var logger = NullLogger<ReadGenerations>.Instance;
        if (settings.MySql is not { } server)
            return await new ReadGenerations(data, log, logger).Verify(progress, cancel);
        var live = new MySqlReadDatabase(server, replica: null, server.Database, TimeProvider.System);
        await live.LayoutChanged(cancel);
        return await ReadModelCheck.Compare(live, log, Path.GetTempPath(), progress, logger, cancel);
    }

    static string Text(TableComparison table) =>
        table.First is not { } first
            ? $"{table.Live.Table, -24} equal    {table.Live.Rows, 12} rows"
            : $"{table.Live.Table, -24} DIFFERS  {table.Live.Rows, 12} rows, should be {table.Rebuilt.Rows}: "
                + "run 'varve projections rebuild'\n"
                + $"  first: {first.Live ?? "no row"}\n  should be: {first.Rebuilt ?? "no row"}";
}
