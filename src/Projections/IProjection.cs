using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections;

/// <summary>A fold of the log into rows: an event in, statements out.</summary>
public interface IProjection
{
    /// <summary>Such as <c>objects.v1</c>. Another version means a rebuild: count it up when the rows change.</summary>
    string Name { get; }

    /// <summary>Its name without the version: what people call it, and what outlives a version.</summary>
    string Subject => Name.Split('.')[0];

    /// <summary>The streams that it reads, by how their names begin.</summary>
    IReadOnlyList<string> StreamPrefixes { get; }

    /// <summary>Pure, but for what <see cref="Remember"/> is about. What depends on rows is said in SQL.</summary>
    /// <returns>Run in order; empty if the event changes nothing here.</returns>
    IReadOnlyList<Statement> Project(Fact fact);

    /// <summary>Called before the first event, and after a rollback: reads back what the projection keeps in memory
    /// beside its rows.</summary>
    ValueTask Remember(SqlSession session, CancellationToken cancel) => ValueTask.CompletedTask;
}

/// <summary>An event in the log, decoded.</summary>
public readonly record struct Fact(string Stream, long Revision, long Position, object Event)
{
    /// <exception cref="Domain.UnknownEventException">Written by a newer version of Varve.</exception>
    public static Fact Of(RecordedEvent recorded) =>
        new(recorded.Stream, recorded.Revision, recorded.Position.Value, recorded.Decoded());
}

/// <summary>All projections into SQL, in the order in which each event meets them.</summary>
public static class ReadModelProjections
{
    public static IReadOnlyList<IProjection> All() =>
        [
            new Buckets.BucketRows(),
            new Files.FileRows(),
            new Files.UserFileRows(),
            new Objects.ObjectRows(),
            new Uploads.UploadRows(),
            new Instants.InstantRows(),
        ];

    /// <summary>With their versions: what is in the rows changes when one of these does.</summary>
    internal static string Names() => string.Join(' ', All().Select(projection => projection.Name));
}
