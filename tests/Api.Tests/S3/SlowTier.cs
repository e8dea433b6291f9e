using Varve.Tiers;

namespace Varve.Api.Tests.S3;

/// <summary>A tier whose joins take as long as a test likes.</summary>
sealed class SlowTier(ITier tier) : ITier
{
    readonly TaskCompletionSource release = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Name => tier.Name;

    /// <summary>Lets all joins go on, now and later.</summary>
    public void Release() => release.TrySetResult();

    public async ValueTask<StagedContent> Join(string uploadId, IReadOnlyList<Segment> parts, CancellationToken cancel)
    {
        await release.Task.WaitAsync(cancel);
        return await tier.Join(uploadId, parts, cancel);
    }

    public ValueTask<StagedContent> Stage(IBodySource body, StageOptions options, CancellationToken cancel) =>
        tier.Stage(body, options, cancel);

    public ValueTask<string> Keep(StagedContent staged, CancellationToken cancel) => tier.Keep(staged, cancel);

    public ValueTask<string> KeepPart(string uploadId, int number, StagedContent staged, CancellationToken cancel) =>
        tier.KeepPart(uploadId, number, staged, cancel);

    public void Forget(string uploadId) => tier.Forget(uploadId);

    public ValueTask<IContentReader> Open(string location, long size, CancellationToken cancel) =>
        tier.Open(location, size, cancel);

    public ValueTask Purge(string location, CancellationToken cancel) => tier.Purge(location, cancel);
}
