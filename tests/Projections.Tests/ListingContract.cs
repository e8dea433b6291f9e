using System.Text;
using CsCheck;
using static Varve.Projections.Tests.LiveReadModels;

namespace Varve.Projections.Tests;

public abstract class ListingContract(ReadStore store)
{
    static readonly Gen<string> Word = Gen.String[Samples.AnyOf('a', 'b', '/', '-', 'ä', '中', '\uFFFD'), 1, 6];

    static readonly Gen<(string Prefix, string Delimiter, string After, int Max)> Question = Gen.Select(
        Gen.String[Samples.AnyOf('a', 'b', '/'), 0, 2],
        Samples.AnyOf("", "/", "-", "b/", "ä", "aa"),
        Gen.OneOf(Gen.Const(""), Word),
        Gen.Int[0, 4]
    );

    [Fact]
    public async Task A_page_is_what_S3_says_it_is()
    {
        await using var live = await LiveReadModels.Start(store);
        var bucket = 0;
        await Gen.Select(Word.HashSet[0, 20], Question.Array[10])
            .SampleAsync(
                async (keys, questions) =>
                {
                    var name = $"bucket-{Interlocked.Increment(ref bucket)}";
                    foreach (var key in keys)
                        live.Store.Write($"object-{name}/{key}", Samples.Put("x"));
                    await live.CaughtUp();
                    foreach (var (prefix, delimiter, after, max) in questions)
                    {
                        var page = await live.Read.ListObjects(new(name, prefix, delimiter, after, max), Cancel);
                        var (items, truncated) = Model(keys, prefix, delimiter, after, max);
                        Assert.Equal(items, Merged(page));
                        Assert.Equal(truncated, page.Truncated);
                        Assert.Equal(items.LastOrDefault(""), page.Last);
                        Assert.Equal(
                            Model(keys, prefix, delimiter, "", 100).Items,
                            await Whole(live, name, prefix, delimiter)
                        );
                    }
                },
                iter: store.Cases(100),
                threads: 1
            );
    }

    [Fact]
    public async Task Uploads_are_listed_by_key_and_upload_id_under_common_prefixes()
    {
        await using var live = await LiveReadModels.Start(store);
        foreach (
            var (id, key) in new[] { ("u2", "a"), ("u1", "a"), ("u3", "a"), ("u4", "d/x"), ("u5", "d/y"), ("u6", "e") }
        )
            live.Store.Write(
                $"upload-{id}",
                new Domain.Uploads.UploadEvent.Initiated(
                    "big",
                    key,
                    "ana",
                    Domain.Objects.ObjectAttributes.None,
                    null,
                    null,
                    null,
                    Samples.Noon
                )
            );
        await live.CaughtUp();

        var (seen, key2, id2, more) = (new List<string>(), "", "", true);
        while (more)
        {
            var page = await live.Read.ListUploads(new("big", "", "/", key2, id2, 1), Cancel);
            seen.AddRange(page.Uploads.Select(upload => upload.UploadId));
            seen.AddRange(page.CommonPrefixes);
            (key2, id2, more) = (page.NextKeyMarker, page.NextUploadIdMarker, page.Truncated);
        }
        Assert.Equal(["u1", "u2", "u3", "d/", "u6"], seen);
        var behind = await live.Read.ListUploads(new("big", "", "", "a", "", 10), Cancel);
        Assert.Equal(["u4", "u5", "u6"], behind.Uploads.Select(upload => upload.UploadId));
    }

    static async Task<List<string>> Whole(LiveReadModels live, string bucket, string prefix, string delimiter)
    {
        var (items, after, more) = (new List<string>(), "", true);
        while (more)
        {
            var page = await live.Read.ListObjects(new(bucket, prefix, delimiter, after, 3), Cancel);
            items.AddRange(Merged(page));
            (after, more) = (page.Last, page.Truncated);
        }
        return items;
    }

    static List<string> Merged(ObjectPage page) =>
        [.. page.Objects.Select(o => o.Key).Concat(page.CommonPrefixes).Order(ByBytes)];

    /// <summary>Names rolled up, each an item; then the items behind the place asked for.</summary>
    static (List<string> Items, bool Truncated) Model(
        IEnumerable<string> keys,
        string prefix,
        string delimiter,
        string after,
        int max
    )
    {
        var items = keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(key => RolledUp(key, prefix, delimiter))
            .Distinct()
            .Where(item => ByBytes.Compare(item, after) > 0)
            .Order(ByBytes)
            .ToList();
        return (items.Take(max).ToList(), max > 0 && items.Count > max);
    }

    static string RolledUp(string key, string prefix, string delimiter)
    {
        var found = delimiter.Length == 0 ? -1 : key.IndexOf(delimiter, prefix.Length, StringComparison.Ordinal);
        return found < 0 ? key : key[..(found + delimiter.Length)];
    }

    static readonly Comparer<string> ByBytes = Comparer<string>.Create(
        (a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b))
    );
}
