using Varve.Domain.Objects;
using Varve.EventStores;

namespace Varve.Api.Rest;

/// <summary>
/// <c>GET /file/history</c>: every event of a file, oldest first. A rename ends one name and begins another, so the
/// walk goes from name to name: back to what a file was called before, and on to what it is called since.
/// </summary>
static class History
{
    const string CursorHeader = "x-varve-cursor";

    /// <summary>Names that one walk follows at most; of a file with more, the rest is left out.</summary>
    const int NamesMax = 1000;

    public static async Task<IResult> Handle(RestRequest request, CancellationToken cancel)
    {
        var limit = request.Find("limit") is null
            ? FileEndpoints.PageMax
            : (int)request.GetNumber("limit", 1, FileEndpoints.PageMax);
        var after = request.Find("cursor") is null ? -1 : request.GetNumber("cursor", 0, long.MaxValue);
        // What came before the home bucket was the user's is somebody else's.
        var since = await request.Varve.Reads.HeldSince(request.User.Home.Text, request.User.UserName, cancel);
        var walk = new Walk(request, since.Value, after, limit);
        foreach (var name in await NamesOf(request, cancel))
        {
            var stream = $"object-{request.User.Home}/{name}";
            walk.Follow(stream, await BeginOf(request, stream, cancel), upto: long.MaxValue);
        }
        await walk.Run(cancel);
        if (!walk.FoundAny)
            throw StoredFiles.NoSuchFile(request.Find("filename") ?? request.Get("filehash"));

        var page = walk.Page.Values.Take(limit).ToList();
        if (walk.Page.Count > limit)
            request.Http.Response.Headers[CursorHeader] = Wire.Number(page[^1].Position);
        return Answer.Json(page, RestJson.Readable.IReadOnlyListFileEvent, 200);
    }

    static async Task<IReadOnlyList<string>> NamesOf(RestRequest request, CancellationToken cancel)
    {
        if (request.Find("filename") is { } name)
            return [request.File(name).Key.Text];
        var sha1 = request.FindSha1("filehash") ?? throw RestRequest.Wrong("filehash", "or filename: one is needed.");
        var (reads, user) = (request.Varve.Reads, request.User.UserName);
        var names = await reads.NamesOf(user, sha1, cancel);
        if (names.Count > 0)
            return names;
        return [await reads.LastNameOf(user, sha1, cancel) ?? throw StoredFiles.NoSuchFile(sha1)];
    }

    /// <summary>Where the file begins that has the name: what was renamed away is another file, once something new came
    /// under the name.</summary>
    static async ValueTask<long> BeginOf(RestRequest request, string stream, CancellationToken cancel)
    {
        RecordedEvent? first = null;
        var newestFirst = request.Varve.Events.ReadStream(
            stream,
            Direction.Backwards,
            long.MaxValue,
            long.MaxValue,
            cancel
        );
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

    /// <summary>Follows names, each through a stretch of the log. Memory is bounded by the page.</summary>
    sealed class Walk(RestRequest request, long since, long after, int limit)
    {
        readonly Dictionary<string, (long From, long Upto)> seen = new(StringComparer.Ordinal);
        readonly Queue<string> toRead = new();

        /// <summary>Commands whose events are on both sides of a rename, and belong to the file on both.</summary>
        readonly HashSet<Guid> renames = [];
        readonly string home = $"{request.User.Home}/";

        /// <summary>By position; one more than the page has, if there is more.</summary>
        public SortedList<long, FileEvent> Page { get; } = [];

        public bool FoundAny { get; private set; }

        public void Follow(string stream, long from, long upto)
        {
            var known = seen.TryGetValue(stream, out var stretch);
            if (known && stretch.From <= from && stretch.Upto >= upto || seen.Count >= NamesMax && !known)
                return;
            seen[stream] = known ? (Math.Min(stretch.From, from), Math.Max(stretch.Upto, upto)) : (from, upto);
            toRead.Enqueue(stream);
        }

        public async Task Run(CancellationToken cancel)
        {
            while (toRead.TryDequeue(out var stream))
                await Read(stream, cancel);
        }

        async Task Read(string stream, CancellationToken cancel)
        {
            var (from, upto) = seen[stream];
            var name = stream[$"object-{home}".Length..];
            ObjectEvent.Put? current = null;
            // Of several renames out of one name, the last that is in the stretch: earlier ones are within it.
            var sources = new Dictionary<string, long>(StringComparer.Ordinal);
            await foreach (
                var recorded in request.Varve.Events.ReadStream(stream, Direction.Forwards, 0, long.MaxValue, cancel)
            )
            {
                var position = recorded.Position.Value;
                var linked = position >= from && position <= upto || renames.Contains(CauseOf(recorded));
                if (position > upto && !linked)
                    break;
                var fact = recorded.Decoded();
                if (linked)
                {
                    FoundAny |= position > since;
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
                current = fact as ObjectEvent.Put;
            }
            foreach (var (source, position) in sources)
                FollowOwn(source, 0, position);
        }

        static Guid CauseOf(RecordedEvent recorded) => recorded.DecodedMetadata().CausationId;

        void FollowOwn(string target, long from, long upto)
        {
            if (target.StartsWith(home, StringComparison.Ordinal))
                Follow($"object-{target}", from, upto);
        }

        void Add(RecordedEvent recorded, object fact, string name, ObjectEvent.Put? before)
        {
            if (recorded.Position.Value <= Math.Max(after, since))
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
                _ => "",
            };

        string Shown(string target) =>
            target.StartsWith(home, StringComparison.Ordinal) ? target[home.Length..] : target;
    }
}
