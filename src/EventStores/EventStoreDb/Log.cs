using Microsoft.Extensions.Logging;

namespace Varve.EventStores.EventStoreDb;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "EventStoreDB gave no answer, and is asked again: {Said}")]
    public static partial void CallFailed(this ILogger logger, string said);
}
