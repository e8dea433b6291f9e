using Microsoft.Extensions.Logging;

namespace Varve.Tiers.Disk;

static partial class Log
{
    [LoggerMessage(
        1,
        LogLevel.Information,
        "Volume {Volume} goes on; {Unfinished} bytes that are no record were stepped over"
    )]
    public static partial void VolumeRecovered(this ILogger logger, int volume, long unfinished);

    [LoggerMessage(2, LogLevel.Information, "{Count} unfinished bodies were deleted")]
    public static partial void UnfinishedDeleted(this ILogger logger, int count);

    [LoggerMessage(3, LogLevel.Error, "{Count} contents could not be written; the next go to a new volume")]
    public static partial void CommitFailed(this ILogger logger, int count, Exception exception);
}
