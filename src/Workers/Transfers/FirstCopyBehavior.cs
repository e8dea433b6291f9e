using MediatR;
using Varve.Domain;
using Varve.Domain.Contents;

namespace Varve.Workers.Transfers;

/// <summary>
/// Holds the answer to a write back until one of the tiers has its bytes. Where none can be had, the write is refused,
/// though it is in the log: the client tries again, and finds it done.
/// </summary>
/// <param name="tiers">In the order in which they are tried.</param>
public sealed class FirstCopyBehavior(Func<ContentCopier> copier, IReadOnlyList<string> tiers)
    : IPipelineBehavior<Command, Outcome>
{
    public async Task<Outcome> Handle(
        Command request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<Outcome> next
    )
    {
        var outcome = await next();
        if (request is ContentCommand || outcome.Rejection is not null)
            return outcome;
        foreach (var content in outcome.States.OfType<Content>())
            if (content.Stored is { } stored && !tiers.Any(content.IsIn))
                if (await Copy(new(stored.Sha256), cancellationToken) is { } fault)
                    return Outcome.Refused(
                        new(ErrorCode.ServiceUnavailable, $"No other tier could be given the bytes: {fault.Message}")
                    );
        return outcome;
    }

    /// <returns>Why not, of the last tier that was tried; null if one has it.</returns>
    async Task<IOException?> Copy(ContentHash hash, CancellationToken cancel)
    {
        IOException? last = null;
        foreach (var tier in tiers)
            try
            {
                await copier().Copy(hash, tier, cancel);
                return null;
            }
            catch (IOException fault)
            {
                last = fault;
            }
        return last;
    }
}
