using CsCheck;
using Varve.Domain.Buckets;
using Varve.Domain.Users;
using Varve.EventStores;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public abstract class PastContract(ReadStore store)
{
    static readonly string[] Keys = ["a", "b", "d/1", "d/2", "d/e/3", "e", "中"];

    /// <summary>What may happen: a word is put under a key, an empty one deletes it, a null key makes the bucket or
    /// ends it.</summary>
    static readonly Gen<(string Bucket, string? Key, string Word)> Step = Gen.Select(
        AnyOf("ana", "photos"),
        Gen.Frequency((9, AnyOf<string?>(Keys)), (1, AnyOf((string?)null))),
        AnyOf("", "x", "y", "z")
    );

    [Fact]
    public async Task As_of_any_position_objects_and_buckets_are_what_the_log_says() =>
        await Step.Array[1, 60]
            .SampleAsync(
                async steps =>
                {
                    await using var live = await LiveReadModels.Start(store);
                    var log = Happen(live.Store, steps);
                    await live.CaughtUp();
                    for (var upto = 0; upto <= log.Count; upto++)
                    {
                        var asOf = upto == 0 ? Position.Start : log[upto - 1].Position;
                        await Agrees(live.Read, [.. log.Take(upto).Select(entry => entry.Step)], asOf);
                    }
                    await Agrees(live.Read, [.. log.Select(entry => entry.Step)], ReadModels.Present);
                    await AgreesWithThePresent(live.Read);
                },
                iter: store.Cases(30),
                threads: 1
            );

    [Fact]
    public async Task A_time_is_one_position_for_ever_even_where_clocks_went_back()
    {
        await using var live = await LiveReadModels.Start(store);
        var first = live.Store.Write("object-photos/a", Put("x", minute: 1));
        var third = live.Store.Write("object-photos/a", Put("y", minute: 3));
        var late = live.Store.Write("object-photos/b", Put("x", minute: 2));
        await live.CaughtUp();

        var before = await live.Read.PositionAt(Noon.AddMinutes(1).AddMilliseconds(-1), Cancel);
        var between = await live.Read.PositionAt(Noon.AddMinutes(2), Cancel);
        var after = await live.Read.PositionAt(Noon.AddMinutes(3), Cancel);

        Assert.True(before < first);
        Assert.True(between >= first && between < third);
        Assert.True(after >= late);
        Assert.Null(await live.Read.FindObjectAsOf("photos", "b", between, Cancel));
        Assert.NotNull(await live.Read.FindObjectAsOf("photos", "b", after, Cancel));
    }

    [Fact]
    public async Task A_bucket_that_changed_hands_is_held_since_the_other_owner_left()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.Write("bucket-photos", new BucketEvent.Created("bob", Noon));
        var left = live.Store.Write("bucket-photos", new BucketEvent.Deleted(Noon));
        live.Store.Write("bucket-photos", new BucketEvent.Created("ana", Noon));
        await live.CaughtUp();
        Assert.Equal(left, await live.Read.HeldSince("photos", "ana", Cancel));
        Assert.Equal(Position.Start, await live.Read.HeldSince("photos", "bob", Cancel));
    }

    static List<(Position Position, (string Bucket, string? Key, string Word) Step)> Happen(
        InMemoryEventStore store,
        (string Bucket, string? Key, string Word)[] steps
    )
    {
        store.Write("user-ana", new UserEvent.SignedUp("ana", Noon));
        var log = new List<(Position, (string, string?, string))>();
        var minute = 0;
        foreach (var step in steps)
        {
            var (bucket, key, word) = step;
            var before = Fold([.. log.Select(entry => entry.Item2)]);
            var there = before.Buckets.Contains(bucket);
            var at = ++minute;
            if (key is null && there && !before.Objects.Keys.Any(name => name.Bucket == bucket))
                log.Add((store.Write($"bucket-{bucket}", new BucketEvent.Deleted(Noon.AddMinutes(at))), step));
            else if (key is null && !there)
                log.Add((store.Write($"bucket-{bucket}", new BucketEvent.Created("ana", Noon.AddMinutes(at))), step));
            else if (key is not null && word.Length > 0)
                log.Add((store.Write($"object-{bucket}/{key}", Put(word, at)), step));
            else if (key is not null && before.Objects.ContainsKey((bucket, key)))
                log.Add((store.Write($"object-{bucket}/{key}", Deleted(at)), step));
        }
        return log;
    }

    static (Dictionary<(string Bucket, string Key), string> Objects, HashSet<string> Buckets) Fold(
        IReadOnlyList<(string Bucket, string? Key, string Word)> steps
    )
    {
        var objects = new Dictionary<(string, string), string>();
        var buckets = new HashSet<string>();
        foreach (var (bucket, key, word) in steps)
            if (key is null && !buckets.Remove(bucket))
                buckets.Add(bucket);
            else if (key is not null && word.Length > 0)
                objects[(bucket, key)] = word;
            else if (key is not null)
                objects.Remove((bucket, key));
        return (objects, buckets);
    }

    static async Task Agrees(
        ReadModels read,
        IReadOnlyList<(string Bucket, string? Key, string Word)> steps,
        Position asOf
    )
    {
        var (objects, buckets) = Fold(steps);
        foreach (var bucket in (string[])["ana", "photos"])
        {
            Assert.Equal(buckets.Contains(bucket), await read.FindBucketAsOf(bucket, asOf, Cancel) is not null);
            foreach (var key in Keys)
                Assert.Equal(
                    objects.TryGetValue((bucket, key), out var word) ? $"etag-{word}" : null,
                    (await read.FindObjectAsOf(bucket, key, asOf, Cancel))?.ETag
                );
            var names = objects.Keys.Where(name => name.Bucket == bucket).Select(name => name.Key).ToList();
            foreach (var delimiter in (string[])["", "/"])
                Assert.Equal(RolledUp(names, delimiter), await Whole(read, bucket, delimiter, asOf));
        }
        await AgreesWithTheFiles(read, objects, asOf);
    }

    /// <summary>The user's files then: a content each, under one of the names that it had.</summary>
    static async Task AgreesWithTheFiles(
        ReadModels read,
        Dictionary<(string Bucket, string Key), string> objects,
        Position asOf
    )
    {
        var home = new PastHome("ana", "ana", asOf);
        var (files, cursor) = (new List<UserFileRow>(), (string?)null);
        do
        {
            var page = await read.ListUserFilesAsOf(home, "", cursor, 2, Cancel);
            files.AddRange(page.Files);
            cursor = page.Cursor;
        } while (cursor is not null);
        var held = objects.Where(entry => entry.Key.Bucket == "ana").ToList();
        Assert.Equal(
            held.Select(entry => Sha1(entry.Value)).Distinct().Order(),
            files.Select(file => file.Sha1).Order()
        );
        foreach (var file in files)
        {
            Assert.Equal(Sha1(objects[("ana", file.FileName)]), file.Sha1);
            Assert.Equal(file.FileName, await read.NewestNameAsOf(home, file.Sha1, Cancel));
        }
    }

    static async Task AgreesWithThePresent(ReadModels read)
    {
        var now = await read.ListUserFiles("ana", "", null, 100, Cancel);
        var past = await read.ListUserFilesAsOf(new("ana", "ana", ReadModels.Present), "", null, 100, Cancel);
        Assert.Equal(now.Files, past.Files);
    }

    static List<string> RolledUp(List<string> names, string delimiter) =>
        [
            .. names
                .Select(name => delimiter.Length > 0 && name.StartsWith("d/", StringComparison.Ordinal) ? "d/" : name)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

    static async Task<List<string>> Whole(ReadModels read, string bucket, string delimiter, Position asOf)
    {
        var (items, after, more) = (new List<string>(), "", true);
        while (more)
        {
            var page = await read.ListObjectsAsOf(new(bucket, "", delimiter, after, 2), asOf, Cancel);
            items.AddRange(page.Objects.Select(o => o.Key).Concat(page.CommonPrefixes).Order(StringComparer.Ordinal));
            (after, more) = (page.Last, page.Truncated);
        }
        return items;
    }
}
