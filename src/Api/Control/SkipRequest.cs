using Varve.Domain;
using Varve.Domain.Projections;
using Varve.Projections.Runner;

namespace Varve.Api.Control;

/// <summary>To leave out an event that projections have stopped at, or that destinations of notifications refuse.
/// </summary>
/// <param name="Projection">Null for all that stopped at it; a destination is <c>notifications-name-kind</c>.</param>
/// <param name="By">Who decides it.</param>
sealed record SkipRequest(string? Projection, long Position, string Why, string By)
{
    /// <returns>Whom it is about, at least one.</returns>
    /// <exception cref="RejectedException">InvalidArgument: none stopped there; the message says which stopped
    /// where.</exception>
    public IReadOnlyList<StoppedProjection> Choose(IReadOnlyList<StoppedProjection> stopped)
    {
        var meant = stopped
            .Where(one => one.Position.Value == Position && (Projection is null || one.Projection == Projection))
            .ToList();
        return meant.Count > 0
            ? meant
            : throw new RejectedException(
                ErrorCode.InvalidArgument,
                $"{Projection ?? "Any projection"} would have to stand at position {Position} to skip it. "
                    + (stopped.Count == 0 ? "None has stopped." : string.Join("; ", stopped))
            );
    }

    public ProjectionCommand.Skip CommandFor(StoppedProjection stopped, DateTimeOffset now) =>
        new(
            new CommandContext(Guid.CreateVersion7(now), By, now),
            stopped.Projection,
            new(stopped.Stream, stopped.Revision),
            stopped.Position.Value,
            stopped.Type,
            Why
        );
}
