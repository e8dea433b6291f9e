using System.Collections.Immutable;
using CsCheck;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Domain.Users;
using Varve.EventStores;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public abstract class VersionsContract(ReadStore store)
{
    enum Deed
    {
        Put,
        Delete,
        DeleteVersion,
        Tag,
        Enable,
        Suspend,
    }

    static readonly string[] Keys = ["a", "d/1", "d/2", "e"];

    static readonly Gen<(Deed Deed, string Key, int Which)> Step = Gen.Select(
        Gen.Frequency(
            (6, Gen.Const(Deed.Put)),
            (3, Gen.Const(Deed.Delete)),
            (5, Gen.Const(Deed.DeleteVersion)),
            (2, Gen.Const(Deed.Tag)),
            (1, Gen.Const(Deed.Enable)),
            (1, Gen.Const(Deed.Suspend))
        ),
        AnyOf(Keys),
        Gen.Int[0, 5]
    );

    [Fact]
    public async Task Versions_are_what_the_log_says_now_and_at_every_position() =>
        await Step.Array[1, 60]
            .SampleAsync(
                async steps =>
                {
                    await using var live = await LiveReadModels.Start(store);
                    live.Store.Write("user-ana", new UserEvent.SignedUp("ana", Noon));
                    live.Store.Write("bucket-ana", new BucketEvent.Created("ana", Noon));
                    var log = Happen(live.Store, steps);
                    await live.CaughtUp();
                    await Agrees(live.Read, log);
                    foreach (var (position, key, @event) in log)
                        Assert.Equal(
                            StoredObject.LeftBy(@event) is { } left ? (left.ETag, left.Tags?.Count ?? 0) : null,
                            await live.Read.FindObjectAsOf("ana", key, position, Cancel) is { } row
                                ? ((string, int)?)(row.ETag, row.Tags?.Count ?? 0)
                                : null
                        );
                    Assert.Equal(
                        (await live.Read.ListUserFiles("ana", "", null, 100, Cancel)).Files,
                        (
                            await live.Read.ListUserFilesAsOf(
                                new("ana", "ana", ReadModels.Present),
                                "",
                                null,
                                100,
                                Cancel
                            )
                        ).Files
                    );
                    Assert.Equal(await live.RebuiltRows(), await live.Rows());
                },
                iter: store.Cases(25),
                threads: 1
            );

    static ObjectEvent.Put Versioned(int minute, BucketVersioning? versioning = BucketVersioning.Enabled) =>
        Put($"{minute}", minute) with
        {
            Versioning = versioning,
        };

    static List<(Position Position, string Key, ObjectEvent Event)> Happen(
        InMemoryEventStore store,
        (Deed Deed, string Key, int Which)[] steps
    )
    {
        var log = new List<(Position, string, ObjectEvent)>();
        BucketVersioning? versioning = null;
        var bucket = BucketName.Parse("ana");
        for (var minute = 1; minute <= steps.Length; minute++)
        {
            var (deed, key, which) = steps[minute - 1];
            var at = Noon.AddMinutes(minute);
            if (minute == (steps.Length + 1) / 2) // what is there is counted, then followed
                store.Write("bucket-ana", new BucketConfigurationEvent.QuotaSet(new(Bytes: 1, Objects: null), at));
            if (deed is Deed.Enable or Deed.Suspend)
            {
                versioning = deed == Deed.Enable ? BucketVersioning.Enabled : BucketVersioning.Suspended;
                store.Write("bucket-ana", new BucketEvent.VersioningSet(versioning.Value, at));
                continue;
            }
            var context = new CommandContext(Guid.NewGuid(), "ana", at);
            var id = new ObjectId(bucket, ObjectKey.Parse(key));
            var within = Bucket.Decider.Initial with { Versioning = versioning };
            var versions = Fold(log, key);
            var stored = new StoredObject(versions.Latest?.Put);
            var version = versions.Stack.IsEmpty ? "0" : versions.Stack[which % versions.Stack.Count].Id;
            var tags = ImmutableSortedDictionary.CreateRange([KeyValuePair.Create($"{which}", "")]);
            var events = deed switch
            {
                Deed.Put => [Versioned(minute, versioning)],
                Deed.Delete => StoredObject
                    .Decider.Decide(
                        stored,
                        new ObjectCommand.Delete(context, id, WriteCondition.None) { Within = within }
                    )
                    .Events,
                Deed.DeleteVersion => ObjectVersions
                    .Decider.Decide(versions, new ObjectCommand.DeleteVersion(context, id, version, Bypass: false))
                    .Events,
                _ => ObjectVersions.Decider.Decide(versions, new ObjectCommand.Tag(context, id, version, tags))
                    is { Rejection: null } decided
                    ? decided.Events
                    : [],
            };
            foreach (var @event in events)
                log.Add((store.Write($"object-ana/{key}", @event), key, @event));
        }
        return log;
    }

    static ObjectVersions Fold(List<(Position Position, string Key, ObjectEvent Event)> log, string key) =>
        log.Where(entry => entry.Key == key)
            .Select(entry => entry.Event)
            .Aggregate(ObjectVersions.Decider.Initial, ObjectVersions.Decider.Evolve);

    static async Task Agrees(ReadModels read, List<(Position Position, string Key, ObjectEvent Event)> log)
    {
        var held = Keys.SelectMany(key => Fold(log, key).Stack)
            .Select(version => version.Put)
            .OfType<ObjectEvent.Put>()
            .ToList();
        Assert.Equal(new BucketUsage(held.Count, held.Sum(put => put.Size)), await read.FindUsage("ana", Cancel));
        var all = new List<(string, string, bool IsLatest, bool IsMarker, int Tags)>();
        foreach (var key in Keys)
        {
            var versions = Fold(log, key);
            foreach (var version in versions.Stack.Reverse())
            {
                var shown = version.IsNull ? ObjectVersions.Null : version.Id;
                var isLatest = version == versions.Latest;
                all.Add((key, shown, isLatest, version.Put is null, version.Put?.Tags?.Count ?? 0));
                var found = await read.FindStoredVersion("ana", key, shown, Cancel);
                Assert.Equal((version.Id, version.Put?.ETag), (found?.VersionId, found?.Object?.ETag));
            }
            Assert.Equal(
                versions.Latest is { Put: null } marker ? marker.Id : null,
                (await read.FindDeleteMarker("ana", key, Cancel)) is { } hidden ? hidden.VersionId : null
            );
        }
        foreach (var size in (int[])[1, 3, 1000])
        {
            var listed = await Whole(read, size, "");
            Assert.Equal(
                all,
                listed.Versions.Select(v => (v.Key, v.ShownId, v.IsLatest, v.IsMarker, v.Tags?.Count ?? 0))
            );
            var rolledUp = await Whole(read, size, "/");
            Assert.Equal(
                all.Where(v => !v.Item1.StartsWith("d/", StringComparison.Ordinal)).Select(v => v.Item2),
                rolledUp.Versions.Select(v => v.ShownId)
            );
            Assert.Equal(
                all.Exists(v => v.Item1.StartsWith("d/", StringComparison.Ordinal)) ? ["d/"] : [],
                rolledUp.Prefixes
            );
        }
        Assert.Equal(all.Count == 0, await read.IsEmpty("ana", Cancel));
    }

    static async Task<(List<ListedVersion> Versions, List<string> Prefixes)> Whole(
        ReadModels read,
        int size,
        string delimiter
    )
    {
        var (versions, prefixes) = (new List<ListedVersion>(), new List<string>());
        var page = new VersionPage([], [], Truncated: true, "", "");
        while (page.Truncated)
        {
            var listing = new VersionListing("ana", "", delimiter, page.NextKeyMarker, page.NextVersionIdMarker, size);
            page = await read.ListVersions(listing, Cancel);
            versions.AddRange(page.Versions);
            prefixes.AddRange(page.CommonPrefixes);
        }
        return (versions, prefixes);
    }
}
