using Microsoft.Extensions.Logging;

namespace Varve.Tiers.Joining;

static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Upload {UploadId}: hashing ahead stopped; completing it hashes the rest")]
    public static partial void FollowingStopped(this ILogger logger, string uploadId, Exception exception);
}
