namespace Varve.Api.Hosting;

static partial class HostingLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for what Varve stands on: {Reason}")]
    public static partial void Waiting(this ILogger logger, string reason);
}
