using Microsoft.Extensions.Logging;

namespace Varve.Workers;

static partial class Log
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Swept {Count} parts of {Stream}")]
    public static partial void PartsSwept(this ILogger logger, int count, string stream);

    [LoggerMessage(Level = LogLevel.Information, Message = "Expired {Count} uploads that nobody went on with")]
    public static partial void UploadsExpired(this ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Lifecycle rules: {Count} versions and uploads ended")]
    public static partial void LifecycleFollowed(this ILogger logger, int count);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Finished an append that a crash had cut: {Stream}, position {Position}"
    )]
    public static partial void AppendFinished(this ILogger logger, string stream, EventStores.Position position);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "An append that a crash had cut stays cut: {Stream} has gone on to revision {Actual}"
    )]
    public static partial void AppendOverrun(this ILogger logger, string stream, long actual);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Worker} failed; it tries again in {Pause}")]
    public static partial void WorkerFailed(this ILogger logger, string worker, TimeSpan pause, Exception fault);
}
