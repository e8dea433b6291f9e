using MediatR;
using Microsoft.Extensions.Logging;
using Varve.Domain;
using Varve.Domain.Uploads;
using Varve.Projections;

namespace Varve.Workers;

/// <summary>Ends uploads that were begun a week ago and neither completed nor cancelled.</summary>
public sealed class UploadExpirer(ReadModels reads, IMediator door, TimeProvider clock, ILogger<UploadExpirer> logger)
    : IWorker
{
    /// <summary>How long an upload may stay open.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    static readonly TimeSpan Interval = TimeSpan.FromHours(1);
    const int AtOnce = 1000;

    public Task Run(CancellationToken cancel) =>
        Rounds.Run(ExpireStale, Interval, nameof(UploadExpirer), clock, logger, cancel);

    /// <returns>How many were ended.</returns>
    public async Task<int> ExpireStale(CancellationToken cancel)
    {
        var now = clock.GetUtcNow();
        var ended = 0;
        IReadOnlyList<string> stale;
        int before;
        do
        {
            before = ended;
            stale = await reads.UploadsBegunBefore(now - Lifetime, AtOnce, cancel);
            foreach (var uploadId in stale)
            {
                var context = new CommandContext(Guid.CreateVersion7(now), "varve", now);
                var outcome = await door.Send(new UploadCommand.Expire(context, uploadId), cancel);
                ended += outcome.Rejection is null ? 1 : 0;
            }
        } while (stale.Count == AtOnce && ended > before);
        if (ended > 0)
            logger.UploadsExpired(ended);
        return ended;
    }
}
