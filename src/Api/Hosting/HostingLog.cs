namespace Varve.Api.Hosting;

static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Warning, "Waiting for what Varve stands on: {Reason}")]
    public static partial void Waiting(this ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Warning, "{Worker} can't ask for its lease; again in {Pause}: {Reason}")]
    public static partial void LeaseNotAsked(this ILogger logger, string worker, TimeSpan pause, string reason);
}
