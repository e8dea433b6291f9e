using System.Collections.Immutable;
using Varve.Domain;
using Varve.EventStores;

namespace Varve.Api.S3;

/// <summary>The read models, no older than they may be. While they are too far behind, S3 says so rather than show what
/// was: clients then try again by themselves.</summary>
static class FreshReads
{
    /// <summary>The read models behind what is shown of objects.</summary>
    public static readonly ImmutableArray<string> ObjectModels = ["buckets", "files", "objects"];

    /// <summary>Waits for every write that this process acknowledged.</summary>
    /// <param name="models">Those that will be read.</param>
    /// <exception cref="RejectedException">SlowDown.</exception>
    public static async ValueTask CatchUp(this Backend varve, ImmutableArray<string> models, CancellationToken cancel)
    {
        foreach (var stopped in varve.Barrier.Stopped)
            if (models.Contains(stopped.Projection))
                throw new RejectedException(ErrorCode.SlowDown, $"The read model {stopped}");
        if (!await varve.Barrier.PassOwnWrites(cancel))
            throw Behind();
    }

    /// <summary>Waits for a position that a caller names.</summary>
    /// <exception cref="RejectedException">SlowDown; InvalidArgument where the log is not that long.</exception>
    public static async ValueTask CatchUp(this Backend varve, Position position, CancellationToken cancel)
    {
        if (varve.Barrier.Reached < position && await varve.Events.Head(cancel) < position)
            throw new RejectedException(ErrorCode.InvalidArgument, $"{S3Headers.Position}: beyond the end of the log.");
        if (!await varve.Barrier.Pass(position, cancel))
            throw Behind();
    }

    static RejectedException Behind() => new(ErrorCode.SlowDown, "The read models are behind the log.");
}
