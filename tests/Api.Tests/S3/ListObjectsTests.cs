using System.Text;
using Varve.Domain.Access;

namespace Varve.Api.Tests.S3;

public sealed class ListObjectsTests(S3Host host)
{
    static readonly string[] Names = ["a/1", "a/2", "b", "c/1/x", "c/2", "d+e f"];

    async Task<(RawS3 Raw, string Bucket)> Filled(params string[] keys)
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        foreach (var key in keys.Length > 0 ? keys : Names)
            await raw.Send(
                "PUT",
                $"/{bucket}/{string.Join('/', key.Split('/').Select(Uri.EscapeDataString))}",
                "x"u8.ToArray()
            );
        return (raw, bucket);
    }

    [Theory]
    [InlineData("", "a/1 a/2 b c/1/x c/2 d+e_f", "")]
    [InlineData("&prefix=a/", "a/1 a/2", "")]
    [InlineData("&prefix=zz", "", "")]
    [InlineData("&delimiter=/", "b d+e_f", "a/ c/")]
    [InlineData("&delimiter=/&prefix=c/", "c/2", "c/1/")]
    [InlineData("&delimiter=1", "a/2 b c/2 d+e_f", "a/1 c/1")]
    [InlineData("&delimiter=", "a/1 a/2 b c/1/x c/2 d+e_f", "")]
    [InlineData("&start-after=b", "c/1/x c/2 d+e_f", "")]
    [InlineData("&max-keys=0", "", "")]
    public async Task A_list_shows_keys_and_common_prefixes(string query, string keys, string prefixes)
    {
        var (raw, bucket) = await Filled();
        var list = await raw.Send("GET", $"/{bucket}?list-type=2{query}");
        Assert.Equal(200, list.Status);
        Assert.Equal(keys, string.Join(' ', list.Elements("Key").Select(k => k.Replace(' ', '_'))));
        Assert.Equal(prefixes, string.Join(' ', PrefixesOf(list)));
        Assert.Equal("false", list.Element("IsTruncated"));
        Assert.Equal((list.Elements("Key").Count + PrefixesOf(list).Count).ToString(), list.Element("KeyCount"));
    }

    [Theory, InlineData("", 1), InlineData("", 4), InlineData("&delimiter=/", 1), InlineData("&delimiter=/", 3)]
    public async Task Pages_of_either_version_together_are_the_list(string query, int max)
    {
        var (raw, bucket) = await Filled();
        var whole = Entries(await raw.Send("GET", $"/{bucket}?list-type=2{query}"));

        var (second, token) = (new List<string>(), "");
        do
        {
            var page = await raw.Send("GET", $"/{bucket}?list-type=2{query}&max-keys={max}{token}");
            second.AddRange(Entries(page));
            token = page.Element("NextContinuationToken") is { } next
                ? $"&continuation-token={Uri.EscapeDataString(next)}"
                : null;
            Assert.Equal(token is not null, page.Element("IsTruncated") == "true");
        } while (token is not null);
        Assert.Equal(whole, second);

        var (first, marker) = (new List<string>(), "");
        do
        {
            var page = await raw.Send("GET", $"/{bucket}?max-keys={max}{query}{marker}");
            first.AddRange(Entries(page));
            var next = page.Element("NextMarker") ?? page.Elements("Key")[^1];
            Assert.Equal(
                query.Length > 0 && page.Element("IsTruncated") == "true",
                page.Element("NextMarker") is not null
            );
            marker = page.Element("IsTruncated") == "true" ? $"&marker={Uri.EscapeDataString(next!)}" : null;
        } while (marker is not null);
        Assert.Equal(whole, first);
    }

    [Fact]
    public async Task Names_that_xml_cannot_hold_are_encoded_on_demand()
    {
        var (raw, bucket) = await Filled("foo+1/bar", "quux ab/thud", "asdf+b", "\u0001");
        var list = await raw.Send("GET", $"/{bucket}?list-type=2&encoding-type=url&delimiter=/&start-after=%01");
        Assert.Equal(["asdf%2Bb"], list.Elements("Key"));
        Assert.Equal(["foo%2B1/", "quux%20ab/"], PrefixesOf(list));
        Assert.Equal("%01", list.Element("StartAfter"));
    }

    [Theory]
    [
        InlineData("max-keys=-1"),
        InlineData("max-keys=x"),
        InlineData("max-keys=99999999999"),
        InlineData("encoding-type=xml")
    ]
    [InlineData("list-type=2&continuation-token=%21")]
    public async Task A_parameter_that_makes_no_sense_is_InvalidArgument(string query)
    {
        var answer = await host.Raw("ana").Send("GET", $"/{await host.NewBucket()}?{query}");
        Assert.Equal((400, "InvalidArgument"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task The_owner_is_told_by_version_1_and_by_version_2_on_demand()
    {
        var (raw, bucket) = await Filled("k");
        Assert.Equal(UserIds.CanonicalId("ana"), (await raw.Send("GET", $"/{bucket}")).Element("ID"));
        Assert.Null((await raw.Send("GET", $"/{bucket}?list-type=2")).Element("ID"));
        Assert.Equal(
            UserIds.CanonicalId("ana"),
            (await raw.Send("GET", $"/{bucket}?list-type=2&fetch-owner=true")).Element("ID")
        );
    }

    [Fact]
    public async Task More_than_1000_are_never_on_a_page()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 1001),
            new ParallelOptions
            {
                MaxDegreeOfParallelism = 32,
                CancellationToken = TestContext.Current.CancellationToken,
            },
            async (i, _) => await raw.Send("PUT", $"/{bucket}/{i:0000}", [])
        );
        var page = await raw.Send("GET", $"/{bucket}?list-type=2&max-keys=5000");
        Assert.Equal(
            (1000, "1000", "true"),
            (page.Elements("Key").Count, page.Element("MaxKeys"), page.Element("IsTruncated"))
        );

        var keys = string.Concat(Enumerable.Range(0, 1000).Select(i => $"<Object><Key>{i:0000}</Key></Object>"));
        var deleted = await raw.Send("POST", $"/{bucket}?delete", Encoding.UTF8.GetBytes($"<Delete>{keys}</Delete>"));
        Assert.Equal(1000, deleted.Elements("Deleted").Count);
        Assert.Equal(["1000"], (await raw.Send("GET", $"/{bucket}")).Elements("Key"));
        var tooMany = await raw.Send(
            "POST",
            $"/{bucket}?delete",
            Encoding.UTF8.GetBytes($"<Delete>{keys}<Object><Key>x</Key></Object></Delete>")
        );
        Assert.Equal((400, "MalformedXML"), (tooMany.Status, tooMany.Code));
    }

    [Fact]
    public async Task Versions_are_listed_as_the_one_that_each_object_is()
    {
        var (raw, bucket) = await Filled("a", "b", "c");
        var page = await raw.Send("GET", $"/{bucket}?versions&max-keys=2");
        Assert.Equal(["a", "b"], page.Elements("Key"));
        Assert.Equal(["null", "null"], page.Elements("VersionId"));
        Assert.Equal(("true", "b"), (page.Element("IsTruncated"), page.Element("NextKeyMarker")));
        var next = await raw.Send("GET", $"/{bucket}?versions&key-marker=b&version-id-marker=null");
        Assert.Equal(["c"], next.Elements("Key"));
    }

    static List<string> PrefixesOf(RawAnswer list) =>
        [.. list.Xml.Elements().Where(e => e.Name.LocalName == "CommonPrefixes").Select(e => e.Value)];

    static List<string> Entries(RawAnswer list) =>
        [.. list.Elements("Key").Concat(PrefixesOf(list)).Order(StringComparer.Ordinal)];
}
