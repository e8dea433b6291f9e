using Microsoft.Extensions.Logging;
using Varve.EventStores;

namespace Varve.Projections;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Projections follow the log from position {Position}")]
    public static partial void RunnerStarted(this ILogger logger, Position position);

    [LoggerMessage(2, LogLevel.Warning, "Another runner moved the checkpoint from {Position}; standing by")]
    public static partial void RunnerFenced(this ILogger logger, Position position);

    [LoggerMessage(3, LogLevel.Error, "Projections stopped at position {Position}; again in {Pause}")]
    public static partial void RunnerFailed(this ILogger logger, Position position, TimeSpan pause, Exception fault);

    [LoggerMessage(
        4,
        LogLevel.Error,
        "Projection {Projection} can't take event {Type}, revision {Revision} of stream {Stream}, at position "
            + "{Position}, and stops there; the others go on. See 'varve projections list' and '… skip'"
    )]
    public static partial void ProjectionStopped(
        this ILogger logger,
        string projection,
        string type,
        string stream,
        long revision,
        Position position,
        Exception fault
    );

    [LoggerMessage(5, LogLevel.Warning, "The progress view was not told of {Stream} at position {Position}")]
    public static partial void ProgressNotTold(this ILogger logger, string stream, Position position, Exception fault);

    [LoggerMessage(
        6,
        LogLevel.Critical,
        "The read models are damaged; they are rebuilt at the next start, or by 'varve projections rebuild'"
    )]
    public static partial void ReadModelsDamaged(this ILogger logger, Exception fault);

    [LoggerMessage(7, LogLevel.Information, "Rebuilding the read models into {Path}: {Reason}")]
    public static partial void RebuildStarted(this ILogger logger, string path, string reason);

    [LoggerMessage(8, LogLevel.Information, "Read models rebuilt from {Events} events, up to position {Position}")]
    public static partial void RebuildDone(this ILogger logger, long events, Position position);

    [LoggerMessage(13, LogLevel.Error, "The rebuild failed; again in {Pause}. The read models in use go on")]
    public static partial void RebuildFailed(this ILogger logger, TimeSpan pause, Exception fault);

    [LoggerMessage(9, LogLevel.Debug, "The audit tree has {Size} events, up to position {Position}")]
    public static partial void TreeOpened(this ILogger logger, long size, Position position);

    [LoggerMessage(10, LogLevel.Debug, "Signed a checkpoint over {Size} events, up to position {Position}")]
    public static partial void CheckpointSigned(this ILogger logger, long size, Position position);

    [LoggerMessage(11, LogLevel.Error, "The audit tree failed; it is opened again in {Pause}")]
    public static partial void TreeFailed(this ILogger logger, TimeSpan pause, Exception fault);

    [LoggerMessage(12, LogLevel.Critical, "{Reason} Nothing is signed any more: see 'varve audit check'")]
    public static partial void LogBroken(this ILogger logger, string reason);

    [LoggerMessage(14, LogLevel.Information, "Waiting for a projector to build the read models: {Reason}")]
    public static partial void WaitingForRebuild(this ILogger logger, string reason);

    [LoggerMessage(15, LogLevel.Information, "Standing by: another process is the {Name}")]
    public static partial void StandingBy(this ILogger logger, string name);

    [LoggerMessage(16, LogLevel.Information, "This process is the {Name} now")]
    public static partial void LeaseTaken(this ILogger logger, string name);

    [LoggerMessage(17, LogLevel.Warning, "The lease of the {Name} could not be given back; it ends in {Term}")]
    public static partial void LeaseNotReleased(this ILogger logger, string name, TimeSpan term, Exception fault);

    [LoggerMessage(18, LogLevel.Warning, "The checkpoint of the read models can't be read; again in {Pause}")]
    public static partial void CheckpointNotRead(this ILogger logger, TimeSpan pause, Exception fault);

    [LoggerMessage(19, LogLevel.Warning, "Redis at {EndPoint} is out of reach ({Reason}); Varve goes on without it")]
    public static partial void RedisLost(this ILogger logger, string endPoint, string reason);

    [LoggerMessage(20, LogLevel.Information, "Redis at {EndPoint} is there again")]
    public static partial void RedisBack(this ILogger logger, string endPoint);

    [LoggerMessage(21, LogLevel.Warning, "The lease of the {Name} could not be renewed: {Reason}")]
    public static partial void LeaseNotRenewed(this ILogger logger, string name, string reason);
}
