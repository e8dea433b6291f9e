using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Varve.EventStores;

namespace Varve.Api.Cli;

/// <summary><c>varve replay</c>: the log as lines of JSON. The server may run meanwhile.</summary>
static class ReplayCommand
{
    public static Command Make()
    {
        var stream = new Option<string?>("--stream") { Description = "One stream alone.", HelpName = "NAME" };
        var prefix = new Option<string>("--stream-prefix")
        {
            Description = "Streams whose names begin so, such as object-photos/.",
            HelpName = "TEXT",
            DefaultValueFactory = _ => "",
        };
        var types = new Option<string[]>("--type")
        {
            Description = "Events of this name, such as ObjectPut; may come again.",
            HelpName = "NAME",
            AllowMultipleArgumentsPerToken = true,
        };
        var actor = new Option<string?>("--actor") { Description = "What this user did.", HelpName = "USER" };
        var after = new Option<long>("--after") { Description = "Only behind this position.", HelpName = "POSITION" };
        var since = TimeOption("--since", "From this instant on, such as 2026-01-31 or 2026-01-31T12:00:00Z.");
        var until = TimeOption("--until", "Before this instant.");
        var backwards = new Option<bool>("--backwards") { Description = "The newest first." };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is yet to come." };
        var max = new Option<long>("--max")
        {
            Description = "Stop after so many.",
            HelpName = "N",
            DefaultValueFactory = _ => long.MaxValue,
        };
        var (data, events) = (CommandLine.DataOption(), CommandLine.EventsOption());
        var command = new Command(
            "replay",
            """
            Print the log, or one stream, one JSON object a line: position, stream, revision, id, type, time, actor,
            data, metadata. It reads beside a running server. Times are those of the commands.
            """
        )
        {
            stream,
            prefix,
            types,
            actor,
            after,
            since,
            until,
            backwards,
            follow,
            max,
            data,
            events,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(backwards) && result.GetValue(follow))
                result.AddError("--backwards and --follow: one of them.");
        });
        command.SetAction(
            async (parsed, cancel) =>
            {
                var replay = new Replay(
                    parsed.GetValue(stream),
                    parsed.GetValue(prefix)!,
                    parsed.GetValue(types)!.ToHashSet(StringComparer.Ordinal),
                    parsed.GetValue(actor),
                    new(parsed.GetValue(after)),
                    parsed.GetValue(since),
                    parsed.GetValue(until),
                    parsed.GetValue(backwards) ? Direction.Backwards : Direction.Forwards,
                    parsed.GetValue(follow)
                );
                await using var log = OpenedLog.Open(parsed.GetValue(data)!, parsed.GetValue(events));
                await Print(replay, log.Events, parsed.GetValue(max), cancel);
                return 0;
            }
        );
        return command;
    }

    static async Task Print(Replay replay, IEventLog log, long max, CancellationToken cancel)
    {
        await using var output = new LineOutput(LineOutput.StandardOutput());
        try
        {
            await foreach (var batch in replay.Of(log, cancel))
            {
                foreach (var recorded in batch)
                {
                    if (max-- <= 0)
                        break;
                    await output.Write(recorded, cancel);
                }
                if (replay.Follow || max <= 0)
                    await output.Flush(cancel);
                if (max <= 0)
                    return;
            }
            await output.Flush(cancel);
        }
        catch (IOException fault) when (fault is not EventStoreUnavailableException)
        {
            // Whoever read the lines has had enough of them.
        }
    }

    static Option<DateTimeOffset?> TimeOption(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "TIME",
            CustomParser = Time,
        };

    /// <summary>What does not say its offset is UTC.</summary>
    static DateTimeOffset? Time(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time;
        result.AddError($"'{text}' is no time such as 2026-01-31T12:00:00Z.");
        return null;
    }
}
