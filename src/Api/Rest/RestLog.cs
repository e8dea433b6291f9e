namespace Varve.Api.Rest;

static partial class RestLog
{
    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Route} failed; request {RequestId}")]
    public static partial void RequestFailed(
        this ILogger logger,
        string method,
        string route,
        string requestId,
        Exception fault
    );
}
