using Microsoft.Extensions.Logging;
using Varve.EventStores;

namespace Varve.Projections.Runner;

/// <summary>
/// Builds the read models anew beside those in use, while these go on answering and following the log, and puts them in
/// their place between two batches: no reader sees less than it saw before, and none is refused. Thread-safe.
/// </summary>
public sealed class LiveRebuild(
    IReadGenerations generations,
    ProjectionRunner runner,
    TimeProvider clock,
    ILogger<LiveRebuild> logger
) : IDisposable
{
    static readonly TimeSpan PauseAfterFault = TimeSpan.FromSeconds(10);

    /// <summary>Each round takes a fraction of the one before, for it has only what came during that.</summary>
    const int Rounds = 10;

    readonly SemaphoreSlim turn = new(1);

    /// <summary>How far the rebuild under way is; null if there is none.</summary>
    public RebuildProgress? Progress { get; private set; }

    /// <summary>Returns when the new ones are in use. One that is asked for while another runs comes after it.
    /// </summary>
    public async Task Run(string reason, CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            Progress = new(Position.Start, Position.Start, 0);
            await using var next = await generations.BuildNext(reason, Rounds, new Reporter(this), cancel);
            await runner.MoveTo(next, cancel);
        }
        finally
        {
            Progress = null;
            turn.Release();
        }
    }

    /// <summary>Rebuilds, until cancelled, whenever there is a reason.</summary>
    public async Task RunWhenNeeded(CancellationToken cancel)
    {
        while (await runner.LookAgain.WaitToReadAsync(cancel))
        {
            runner.LookAgain.TryRead(out _);
            var tryAgain = true;
            while (tryAgain)
                try
                {
                    if (await Reason(cancel) is { } reason)
                        await Run(reason, cancel);
                    tryAgain = false;
                }
                catch (Exception fault) when (!cancel.IsCancellationRequested)
                {
                    logger.RebuildFailed(PauseAfterFault, fault);
                    await Task.Delay(PauseAfterFault, clock, cancel);
                }
        }
    }

    /// <summary>Why this process should rebuild now; null if it should not.</summary>
    async ValueTask<string?> Reason(CancellationToken cancel) =>
        runner.StandsBy ? null
        : runner.StoppedMayGoOn ? "a stopped projection may go on"
        : await generations.Outdated(cancel);

    public void Dispose() => turn.Dispose();

    /// <summary>At once, and not by way of a queue of the thread pool as <see cref="Progress{T}"/> does.</summary>
    sealed class Reporter(LiveRebuild rebuild) : IProgress<RebuildProgress>
    {
        public void Report(RebuildProgress value) => rebuild.Progress = value;
    }
}
