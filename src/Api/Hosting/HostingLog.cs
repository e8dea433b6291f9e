namespace Varve.Api.Hosting;

static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Warning, "Waiting for what Varve stands on: {Reason}")]
    public static partial void Waiting(this ILogger logger, string reason);
}
