namespace Varve.Tiers.Joining;

/// <summary>Parts end to end.</summary>
sealed class JoinedContent(IReadOnlyList<Segment> segments) : StagedContent
{
    public IReadOnlyList<Segment> Segments { get; } = segments;

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
