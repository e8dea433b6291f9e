using Varve.Domain.Projections;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class ProjectionTests
{
    static readonly ProjectionCommand.Skip Skip = new(
        Context,
        "objects",
        new("object-photos/cat", 3),
        42,
        "ObjectPut",
        "broken"
    );

    static readonly ProjectionEvent Skipped = new ProjectionEvent.EventSkipped(
        "object-photos/cat",
        3,
        42,
        "ObjectPut",
        "broken",
        Noon
    );

    [Fact]
    public void An_event_is_skipped_once()
    {
        ProjectionSkips.Decider.Given().When(Skip).ThenEvents(Skipped);
        ProjectionSkips.Decider.Given(Skipped).When(Skip).ThenNothing();
    }

    [Fact]
    public void Who_skips_says_why() => Assert.False(new SkipValidator().Validate(Skip with { Why = "" }).IsValid);
}
