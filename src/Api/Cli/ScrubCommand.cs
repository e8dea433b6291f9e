using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Varve.Api.Control;
using Varve.Workers;

namespace Varve.Api.Cli;

/// <summary><c>varve scrub</c>: has a running server read all its contents again.</summary>
static class ScrubCommand
{
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    public static Command Make()
    {
        var data = CommandLine.DataOption();
        var json = new Option<bool>("--json") { Description = "The result as JSON." };
        var command = new Command(
            "scrub",
            """
            Read all contents of the local disk again, at the rate of Varve:Scrub:MiBPerSecond, and put on record which are
            damaged: what another tier has is then healed. The server must run, and goes on with it if this command is
            interrupted. Ends with 1 if something was damaged.
            """
        )
        {
            data,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                using var server = await TransfersCommand.Connect(parsed.GetValue(data)!, cancel);
                var pass = await Watch(server, cancel);
                Console.WriteLine(
                    parsed.GetValue(json)
                        ? JsonSerializer.Serialize(pass, JsonSerializerOptions.Web)
                        : $"{pass.Contents} contents, {pass.Bytes} bytes read; {pass.Damaged} damaged."
                );
                return pass.Damaged == 0 ? 0 : 1;
            }
        );
        return command;
    }

    static async Task<ScrubPass> Watch(ControlClient server, CancellationToken cancel)
    {
        ScrubPass? done = null;
        await AnsiConsole
            .Create(new() { Out = new AnsiConsoleOutput(Console.Error) })
            .Progress()
            .AutoClear(enabled: true)
            .StartAsync(async bars =>
            {
                var bar = bars.AddTask("Reading contents", maxValue: 1);
                var before = await server.BeginScrub(cancel);
                while (done is null)
                {
                    await Task.Delay(Look, cancel);
                    var pass = await server.Scrub(cancel);
                    if (pass is null || pass == before && before.FinishedAt is not null)
                        continue; // the one that was asked for has not begun
                    bar.Value = pass.Fraction;
                    if (pass.FinishedAt is not null)
                        done = pass;
                }
            });
        return done!;
    }
}
