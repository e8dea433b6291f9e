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

    [LoggerMessage(Level = LogLevel.Information, Message = "Purged {Count} contents that nothing had any more")]
    public static partial void ContentsPurged(this ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {Count} objects in {Tier} that no event names")]
    public static partial void LeftoversSwept(this ILogger logger, int count, string tier);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Nothing is purged: {Reason}")]
    public static partial void NothingPurged(this ILogger logger, string reason);

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

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "RabbitMQ at {Host}:{Port} does not answer: {Reason}. Transfers wait until it is back."
    )]
    public static partial void BrokerGone(this ILogger logger, string host, int port, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "RabbitMQ at {Host}:{Port} is back")]
    public static partial void BrokerBack(this ILogger logger, string host, int port);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message in {Queue} was set aside, as malformed: {Reason}")]
    public static partial void TransferMalformed(this ILogger logger, string queue, string reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Copied {Content} to {Location}, {Bytes} bytes")]
    public static partial void ContentCopied(this ILogger logger, string content, string location, long bytes);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Copying {Content} to {Tier} failed; again in {Delay}: {Reason}"
    )]
    public static partial void TransferDelayed(
        this ILogger logger,
        string content,
        string tier,
        TimeSpan delay,
        string reason
    );

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Copying {Content} to {Tier} failed for the last time, see 'varve transfers list': {Reason}"
    )]
    public static partial void TransferGivenUp(this ILogger logger, string content, string tier, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Repaired {Content}: sound bytes are at {Location} now")]
    public static partial void ContentRepaired(this ILogger logger, string content, string location);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Could not repair {Content} in {Tier}; it is tried again: {Reason}"
    )]
    public static partial void RepairFailed(this ILogger logger, string content, string tier, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Dropped {Count} unfinished bodies from {Tier}")]
    public static partial void UnfinishedAborted(this ILogger logger, int count, string tier);

    [LoggerMessage(Level = LogLevel.Information, Message = "Evicted {Count} local copies, {Bytes} bytes")]
    public static partial void CopiesEvicted(this ILogger logger, int count, long bytes);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Scrubbed {Contents} contents, {Bytes} bytes: {Damaged} damaged"
    )]
    public static partial void Scrubbed(this ILogger logger, long contents, long bytes, long damaged);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Destination} has not taken {Event} of {About}; it is told again until it has: {Reason}"
    )]
    public static partial void EventNotTaken(
        this ILogger logger,
        string @event,
        string about,
        string destination,
        string reason
    );

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Destination} leaves out {Event} of {About}, as the log says")]
    public static partial void EventLeftOut(this ILogger logger, string @event, string about, string destination);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "{Destination} has taken {Event} of {About}, at attempt {Attempts}"
    )]
    public static partial void EventTaken(
        this ILogger logger,
        string @event,
        string about,
        string destination,
        int attempts
    );
}
