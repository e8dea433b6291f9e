using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Varve.Api.Control;
using Varve.Api.Hosting;
using Varve.Workers.Transfers;

namespace Varve.Api.Cli;

/// <summary><c>varve transfers</c>: the copies to other tiers that are asked for, and those that failed.</summary>
static class TransfersCommand
{
    public static Command Make() =>
        new("transfers", "Copies of contents to other tiers: what waits, what failed. The server must run.")
        {
            List(),
            Retry(),
        };

    static Command List()
    {
        var data = CommandLine.DataOption();
        var json = new Option<bool>("--json") { Description = "One JSON object a tier." };
        var command = new Command("list", "What waits for each tier, and what failed, with the reasons.")
        {
            data,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                using var server = await Connect(parsed.GetValue(data)!, cancel);
                foreach (var state in await server.Transfers(cancel))
                    Console.WriteLine(
                        parsed.GetValue(json) ? JsonSerializer.Serialize(state, JsonSerializerOptions.Web) : Text(state)
                    );
                return 0;
            }
        );
        return command;
    }

    static Command Retry()
    {
        var tier = new Argument<string?>("TIER")
        {
            Description = "Such as ceph; without it, all tiers.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var data = CommandLine.DataOption();
        var json = new Option<bool>("--json") { Description = "The number as JSON." };
        var command = new Command("retry", "Let the transfers that failed begin again.") { tier, data, json };
        command.SetAction(
            async (parsed, cancel) =>
            {
                using var server = await Connect(parsed.GetValue(data)!, cancel);
                var again = await server.RetryTransfers(parsed.GetValue(tier), cancel);
                Console.WriteLine(
                    parsed.GetValue(json)
                        ? JsonSerializer.Serialize(new { retried = again })
                        : $"{again} transfers begin again."
                );
                return 0;
            }
        );
        return command;
    }

    /// <exception cref="SettingsException">None runs.</exception>
    internal static async Task<ControlClient> Connect(string data, CancellationToken cancel) =>
        await ControlClient.Connect(data, cancel)
        ?? throw new SettingsException("Data", $"no server runs on '{Path.GetFullPath(data)}'.");

    static string Text(TransferQueueState state)
    {
        var lines = state.List.Select(failed =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"  {failed.FailedAt:yyyy-MM-dd HH:mm:ss}  {failed.Message}\n    {failed.Reason}"
            )
        );
        var head = $"{state.Tier, -8} waiting {state.Waiting, -8} delayed {state.Delayed, -8} failed {state.Failed}";
        return string.Join('\n', lines.Prepend(head));
    }
}
