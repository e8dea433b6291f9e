namespace Varve.Workers.Notifications;

/// <summary>Somewhere that events of buckets are told. Thread-safe.</summary>
public interface IEventDestination : IAsyncDisposable
{
    /// <summary>By which rules know it: <c>name:webhook</c>.</summary>
    string Name { get; }

    /// <summary>Tells one event.</summary>
    /// <returns>When the destination has taken it over.</returns>
    /// <exception cref="EventNotTakenException">It may have it or not; tell it again.</exception>
    Task Send(EventMessage message, CancellationToken cancel);
}

/// <param name="Id">The same each time that it is told.</param>
/// <param name="Event">Such as <c>s3:ObjectCreated:Put</c>.</param>
/// <param name="About">For people: bucket and key.</param>
/// <param name="Body">JSON, UTF-8.</param>
public sealed record EventMessage(string Id, string Event, string About, ReadOnlyMemory<byte> Body);

/// <summary>A destination did not answer, or refused.</summary>
public sealed class EventNotTakenException(string message, Exception? inner) : IOException(message, inner);
