using System.Diagnostics;
using Varve.Domain;

namespace Varve.EventStores;

/// <summary>Traces by <c>System.Diagnostics</c>, source <c>Varve</c>: while nobody listens, they cost a look.</summary>
public static class Traces
{
    /// <summary>OpenTelemetry's own limit of links at one span.</summary>
    const int LinksMax = 128;

    public static readonly ActivitySource Source = new("Varve");

    /// <summary>What is written beside events, so that what is done with them later finds where they came from; null
    /// while nothing is recorded.</summary>
    public static string? Parent =>
        Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } a ? a.Id : null;

    /// <summary>Begins a span of later work on events, linked to the traces that they were written in; null if none
    /// of them was.</summary>
    public static Activity? StartLinked(string name, IReadOnlyList<RecordedEvent> events)
    {
        if (!Source.HasListeners())
            return null;
        var links = events
            .Select(recorded => EventMetadata.TraceOf(recorded.Metadata.Span))
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Take(LinksMax)
            .Select(id => ActivityContext.TryParse(id, null, isRemote: true, out var context) ? context : default)
            .Where(context => context != default)
            .Select(context => new ActivityLink(context))
            .ToList();
        return links.Count == 0
            ? null
            : Source.StartActivity(name, ActivityKind.Consumer, parentContext: default, links: links);
    }
}
