using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <summary>The read models in use, and those that a rebuild puts in their place. One rebuild at a time.</summary>
public interface IReadGenerations
{
    /// <summary>Of the generation in use: counts the rebuilds.</summary>
    int Number { get; }

    /// <summary>Why the generation in use should give way, though it can be used; null if it should not.</summary>
    ValueTask<string?> Outdated(CancellationToken cancel) => ValueTask.FromResult<string?>(null);

    /// <summary>Makes the next generation beside the one in use, and fills it up to the log's head.</summary>
    /// <param name="rounds">So often the head is looked at again, for what has come meanwhile.</param>
    Task<NextGeneration> BuildNext(
        string reason,
        int rounds,
        IProgress<RebuildProgress>? progress,
        CancellationToken cancel
    );
}

/// <summary>A generation that is filled, and not in use yet. Dispose it: then the one that is not in use goes, this one
/// or the one before, when its last reader is done.</summary>
public abstract class NextGeneration : IAsyncDisposable
{
    /// <summary>Where to fill in the last events.</summary>
    public abstract IReadDatabase Database { get; }

    /// <summary>From now on readers get this one. Nothing is written meanwhile.</summary>
    /// <returns>Where the projections go on.</returns>
    public abstract ValueTask<IReadDatabase> Use(CancellationToken cancel);

    public abstract ValueTask DisposeAsync();
}
