using System.Collections.Immutable;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Projections;
using Varve.Domain.Uploads;
using Varve.Domain.Users;

namespace Varve.Domain;

/// <summary>How to fold a stream, known by its name alone.</summary>
/// <param name="Prefix">Of its streams' names.</param>
public sealed record Aggregate(string Prefix, Fold Reads, object Initial, Func<object, object, object> Evolve);

/// <summary>All kinds of streams that hold an aggregate.</summary>
public static class Aggregates
{
    public static readonly ImmutableArray<Aggregate> All =
    [
        Row("bucket-", Bucket.Decider),
        Row("content-", Content.Decider),
        Row("object-", StoredObject.Decider),
        Row(ProjectionSkips.StreamPrefix, ProjectionSkips.Decider),
        Row("upload-", Upload.Decider),
        Row("user-", User.Decider),
    ];

    public static Aggregate Of(string stream) =>
        All.FirstOrDefault(row => stream.StartsWith(row.Prefix, StringComparison.Ordinal))
        ?? throw new ArgumentException($"Stream '{stream}' holds no aggregate.", nameof(stream));

    static Aggregate Row<TState, TCommand, TEvent>(string prefix, Decider<TState, TCommand, TEvent> decider)
        where TState : class
        where TEvent : class =>
        new(prefix, decider.Reads, decider.Initial, (state, @event) => decider.Evolve((TState)state, (TEvent)@event));
}
