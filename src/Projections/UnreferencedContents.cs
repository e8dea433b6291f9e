using Varve.Domain.Projections;
using Varve.EventStores;
using Varve.Projections.Files;

namespace Varve.Projections;

/// <summary>A content that no version of an object has now.</summary>
/// <param name="Content">SHA-256, 64 lower-case hex digits.</param>
/// <param name="IsDue">Its purge was scheduled, and the time has come.</param>
public sealed record UnreferencedContent(string Content, bool IsDue);

public sealed partial class ReadModels
{
    /// <summary>Whether the read models have all that the log had when this was called. What they leave out, by an
    /// event that stopped a projection or was skipped, might be a name of a content.</summary>
    /// <returns>Why not; null if they have.</returns>
    public async ValueTask<string?> WhatIsMissing(IEventLog log, CancellationToken cancel)
    {
        if (!await barrier.Pass(await log.Head(cancel), cancel))
            return "the read models are behind the log";
        if (barrier.Stopped is [var stopped, ..])
            return $"{stopped}";
        foreach (var projection in ReadModelProjections.All())
        {
            var skips = log.ReadStream(ProjectionSkips.StreamOf(projection.Subject), Direction.Forwards, 0, 1, cancel);
            await foreach (var skip in skips)
                return $"{projection.Subject} leaves an event out, as position {skip.Position} says";
        }
        return null;
    }

    /// <summary>Contents with bytes that no version of an object has now, but for those whose purge is scheduled for
    /// after <paramref name="due"/>; in the order of their hashes.</summary>
    /// <param name="after">The last of the page before, 64 hex digits; empty for the first.</param>
    public async ValueTask<IReadOnlyList<UnreferencedContent>> Unreferenced(
        string after,
        DateTimeOffset due,
        int limit,
        CancellationToken cancel
    )
    {
        using var lease = await Read(cancel);
        return await UnreferencedQueries.Unreferenced(lease.Session, after, due, limit, cancel);
    }

    /// <summary>Contents whose purge is scheduled though an object has them.</summary>
    public async ValueTask<IReadOnlyList<string>> ReferencedAgain(int limit, CancellationToken cancel)
    {
        using var lease = await Read(cancel);
        return await UnreferencedQueries.ReferencedAgain(lease.Session, limit, cancel);
    }
}
