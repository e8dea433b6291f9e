namespace Varve.Api.S3;

static partial class S3Log
{
    [LoggerMessage(1, LogLevel.Error, "Request {RequestId} failed: {Method} {Resource}")]
    public static partial void Fault(
        this ILogger log,
        Exception fault,
        string requestId,
        string method,
        string resource
    );
}
