using Varve.Domain.Objects;
using Varve.EventStores;

namespace Varve.Api.Rest;

/// <summary>How a log reads one stream: <see cref="IEventLog.ReadStream"/>.</summary>
delegate IAsyncEnumerable<RecordedEvent> ReadStream(
    string stream,
    Direction direction,
    long from,
    long max,
    CancellationToken cancel
);

/// <summary>
/// Every event of a file, oldest first. A rename ends one name and begins another, so the walk goes from name to name:
/// back to what a file was called before, and on to what it is called since. Memory is bounded by the page.
/// </summary>
/// <param name="since">Nothing up to here is shown.</param>
/// <param name="after">Where the page begins, exclusive.</param>
/// <param name="limit">Events of a page.</param>
sealed class FileHistory(ReadStream read, string bucket, Position since, long after, int limit)
{
    /// <summary>Names that one walk follows at most; of a file with more, the rest is left out.</summary>
    const int NamesMax = 1000;

    readonly Dictionary<string, (long From, long Upto)> seen = new(StringComparer.Ordinal);
    readonly Queue<string> toRead = new();

    /// <summary>Commands whose events are on both sides of a rename, and belong to the file on both.</summary>
    readonly HashSet<Guid> renames = [];
    readonly string home = $"{bucket}/";

    /// <summary>By position; one more than the page has, if there is more.</summary>
    public SortedList<long, FileEvent> Page { get; } = [];

    public bool FoundAny { get; private set; }

    /// <param name="name">That the file has, or had last.</param>
    public async ValueTask Begin(string name, CancellationToken cancel)
    {
        var stream = $"object-{home}{name}";
        Follow(stream, await BeginOf(stream, cancel), upto: long.MaxValue);
    }

    void Follow(string stream, long from, long upto)
    {
        var known = seen.TryGetValue(stream, out var stretch);
        if (known && stretch.From <= from && stretch.Upto >= upto || seen.Count >= NamesMax && !known)
            return;
        seen[stream] = known ? (Math.Min(stretch.From, from), Math.Max(stretch.Upto, upto)) : (from, upto);
        toRead.Enqueue(stream);
    }

    public async Task Read(CancellationToken cancel)
    {
        while (toRead.TryDequeue(out var stream))
            await ReadOne(stream, cancel);
    }

    async Task ReadOne(string stream, CancellationToken cancel)
    {
        var (from, upto) = seen[stream];
        var name = stream[$"object-{home}".Length..];
        ObjectEvent.Put? current = null;
        // Of several renames out of one name, the last that is in the stretch: earlier ones are within it.
        var sources = new Dictionary<string, long>(StringComparer.Ordinal);
        await foreach (var recorded in read(stream, Direction.Forwards, 0, long.MaxValue, cancel))
        {
            var position = recorded.Position.Value;
            var linked = position >= from && position <= upto || renames.Contains(CauseOf(recorded));
            if (position > upto && !linked)
                break;
            var fact = recorded.Decoded();
            if (linked)
            {
                FoundAny |= position > since.Value;
                Add(recorded, fact, name, current);
                if (fact is ObjectEvent.Put { Origin: ObjectOrigin.Rename, Source: { } source })
                {
                    renames.Add(CauseOf(recorded));
                    sources[source] = position;
                }
                if (fact is ObjectEvent.Deleted { RenamedTo: { } target })
                {
                    renames.Add(CauseOf(recorded));
                    FollowOwn(target, position, long.MaxValue);
                }
            }
            current = StoredObject.LeftBy(fact);
        }
        foreach (var (source, position) in sources)
            FollowOwn(source, 0, position);
    }

    /// <summary>Where the file begins that has the name: what was renamed away is another file, once something new came
    /// under the name.</summary>
    async ValueTask<long> BeginOf(string stream, CancellationToken cancel)
    {
        RecordedEvent? first = null;
        var newestFirst = read(stream, Direction.Backwards, long.MaxValue, long.MaxValue, cancel);
        await foreach (var recorded in newestFirst)
        {
            if (recorded.Decoded() is ObjectEvent.Deleted { RenamedTo: not null })
                return first?.Decoded() is ObjectEvent.Put { Origin: not ObjectOrigin.Restore }
                    ? first.Position.Value
                    : 0;
            first = recorded;
        }
        return 0;
    }

    static Guid CauseOf(RecordedEvent recorded) => recorded.DecodedMetadata().CausationId;

    void FollowOwn(string target, long from, long upto)
    {
        if (target.StartsWith(home, StringComparison.Ordinal))
            Follow($"object-{target}", from, upto);
    }

    void Add(RecordedEvent recorded, object fact, string name, ObjectEvent.Put? before)
    {
        if (recorded.Position.Value <= Math.Max(after, since.Value))
            return;
        var about = fact as ObjectEvent.Put ?? before;
        var metadata = recorded.DecodedMetadata();
        Page[recorded.Position.Value] = new FileEvent(
            recorded.Position.Value,
            recorded.Revision,
            recorded.Type,
            Wire.PreciseTime(metadata.At),
            metadata.By,
            name,
            about?.Sha1,
            about?.Size,
            DetailOf(fact)
        );
        if (Page.Count > limit + 1)
            Page.RemoveAt(Page.Count - 1);
    }

    string DetailOf(object fact) =>
        fact switch
        {
            ObjectEvent.Put { Source: { } source, Origin: ObjectOrigin.Restore } => $"Restore of {source}",
            ObjectEvent.Put { Source: { } source, Origin: var origin } => $"{origin} from {Shown(source)}",
            ObjectEvent.Put e => e.Origin.ToString(),
            ObjectEvent.Deleted { RenamedTo: { } target } => $"Renamed to {Shown(target)}",
            ObjectEvent.Deleted => "Deleted",
            ObjectEvent.VersionDeleted e => $"Version {e.VersionId} deleted",
            ObjectEvent.Tagged e => $"Tags of {e.VersionId}",
            ObjectEvent.LockSet e => $"Lock of {e.VersionId}",
            ObjectEvent.AclSet => "Access",
            _ => "",
        };

    string Shown(string target) => target.StartsWith(home, StringComparison.Ordinal) ? target[home.Length..] : target;
}
