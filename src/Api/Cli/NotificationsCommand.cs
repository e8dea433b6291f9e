using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Varve.Workers.Notifications;

namespace Varve.Api.Cli;

/// <summary><c>varve notifications</c>: how far the destinations of buckets' events are, and what they refuse.
/// </summary>
static class NotificationsCommand
{
    public static Command Make() =>
        new("notifications", "Events of buckets for others: how far each destination is. The server must run.")
        {
            List(),
            Skip(),
        };

    static Command List()
    {
        var data = CommandLine.DataOption();
        var json = new Option<bool>("--json") { Description = "One JSON object a destination." };
        var command = new Command(
            "list",
            "How far each destination is, and what it refuses, with the reasons. Where several processes run, ask the "
                + "one that tells them."
        )
        {
            data,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                using var server = await TransfersCommand.Connect(parsed.GetValue(data)!, cancel);
                foreach (var state in await server.Notifications(cancel))
                    Console.WriteLine(
                        parsed.GetValue(json) ? JsonSerializer.Serialize(state, JsonSerializerOptions.Web) : Text(state)
                    );
                return 0;
            }
        );
        return command;
    }

    static Command Skip()
    {
        var name = new Argument<string>("DESTINATION") { Description = "Such as audit:webhook." };
        var skip = new SkipOptions();
        var data = CommandLine.DataOption();
        var command = new Command(
            "skip",
            "Leave out an event that a destination refuses, for ever: who, when and why is written into the log. The "
                + "destination goes on with its next attempt, within half a minute."
        )
        {
            name,
            data,
        };
        skip.AddTo(command);
        command.SetAction(
            async (parsed, cancel) =>
            {
                var request = skip.RequestOf(parsed, DestinationState.SubjectOf(parsed.GetValue(name)!));
                using var server = await TransfersCommand.Connect(parsed.GetValue(data)!, cancel);
                foreach (var line in await server.SkipNotification(request, cancel))
                    Console.WriteLine($"{line}: skipped.");
                return 0;
            }
        );
        return command;
    }

    static string Text(DestinationState state)
    {
        var stuck = state.Refused.Count == 0 ? "takes what it is told" : $"stuck for {state.StuckSeconds:0} s";
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"{state.Destination, -24} position {state.Position, -10} {stuck}"
        );
        var lines = state.Refused.Select(one =>
            $"  at position {one.Position}: {one.Type} of stream {one.Stream}, revision {one.Revision}: {one.Reason}"
        );
        return string.Join('\n', lines.Prepend(head));
    }
}
