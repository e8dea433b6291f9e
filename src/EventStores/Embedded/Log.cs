using Microsoft.Extensions.Logging;

namespace Varve.EventStores.Embedded;

static partial class Log
{
    [LoggerMessage(LogLevel.Error, "A commit of {Appends} appends failed; whether they are stored is not known.")]
    public static partial void CommitFailed(this ILogger logger, Exception exception, int appends);

    [LoggerMessage(LogLevel.Warning, "A checkpoint of the event log failed; the WAL keeps growing until one succeeds.")]
    public static partial void CheckpointFailed(this ILogger logger, Exception exception);
}
