using System.Collections.Immutable;

namespace Varve.Domain;

/// <summary>
/// The one event of stream <c>command-&lt;id&gt;</c>: a command whose id the client chose has been done. From it a
/// second command of this id is given the first one's answer.
/// </summary>
/// <param name="Kind">The command's type.</param>
/// <param name="About">The stream that the command was about.</param>
/// <param name="States">Where the aggregates stood afterwards, in the order of the command's steps.</param>
public sealed record CommandHandled(string Kind, string About, ImmutableArray<StreamPlace> States)
{
    public static string StreamOf(Guid commandId) => $"command-{commandId:N}";
}

/// <param name="Revision">Of the stream's last event; −1 if it had none.</param>
public sealed record StreamPlace(string Stream, long Revision);
