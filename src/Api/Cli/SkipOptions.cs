using System.CommandLine;
using Varve.Api.Control;

namespace Varve.Api.Cli;

/// <summary>What every decision to leave an event out asks for.</summary>
sealed class SkipOptions
{
    readonly Option<long> position = new("--position")
    {
        Description = "Of the event.",
        HelpName = "P",
        Required = true,
    };

    readonly Option<string> why = new("--why")
    {
        Description = "For who asks later.",
        HelpName = "TEXT",
        Required = true,
    };

    readonly Option<string> by = CommandLine.ByOption();

    public void AddTo(Command command)
    {
        command.Add(position);
        command.Add(why);
        command.Add(by);
    }

    /// <param name="subject">Which is to leave it out; null for all that stand at it.</param>
    public SkipRequest RequestOf(ParseResult parsed, string? subject) =>
        new(subject, parsed.GetValue(position), parsed.GetValue(why)!, parsed.GetValue(by)!);
}
