namespace Varve.Api.Hosting;

static partial class HostingLog
{
    [LoggerMessage(1, LogLevel.Warning, "Waiting for what Varve stands on: {Reason}")]
    public static partial void Waiting(this ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Warning, "{Worker} can't run or ask for its lease; again in {Pause}")]
    public static partial void LeasedWorkerFailed(this ILogger logger, string worker, TimeSpan pause, Exception fault);
}
