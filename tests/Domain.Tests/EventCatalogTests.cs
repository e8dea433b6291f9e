using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Varve.Domain.Users;

namespace Varve.Domain.Tests;

public sealed class EventCatalogTests
{
    public static readonly TheoryData<string> Samples = [.. StoredEvent.All.Select(stored => stored.Sample)];

    static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory, MemberData(nameof(Samples))]
    public void What_was_written_is_read_for_ever_and_still_written_the_same(string sample)
    {
        var stored = StoredEvent.All.Single(s => s.Sample == sample);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(stored.Read(), Compact);
        var read = EventCatalog.Decode(stored.Name, stored.Version, bytes);
        var row = EventCatalog.RowOf(read);
        Assert.Equal(stored.Name, row.Name);
        Assert.Equal(Text(row, stored.Means), Text(row, read));
        if (stored.Version == row.Version)
            Assert.Equal(Encoding.UTF8.GetString(bytes), Text(row, read));
    }

    [Fact]
    public void Every_sample_is_said_and_every_version_has_its_samples()
    {
        Assert.Equal(
            StoredEvent.All.Select(stored => $"{stored.Sample}.json").Order(),
            Directory.GetFiles(StoredEvent.Folder, "*.json").Select(Path.GetFileName).Order()
        );
        var versions = EventCatalog.All.SelectMany(row => Enumerable.Range(1, row.Version).Select(v => (row.Name, v)));
        Assert.Equal(versions, StoredEvent.All.Select(stored => (stored.Name, stored.Version)).Distinct());
    }

    [Fact]
    public void A_shape_changes_by_a_new_version_or_an_optional_field_alone()
    {
        // An optional field: add its line. Any other change: a new version, with an upcaster from the one before.
        // Lines of versions that are no longer written stay.
        var said = File.ReadAllLines(Path.Combine(StoredEvent.Folder, "shapes.txt"));
        var current = EventCatalog.All.ToDictionary(row => row.Name, row => row.Version);
        Assert.Equal(
            EventCatalog.All.SelectMany(EventShape.Lines),
            said.Where(line => line.Split('.', ' ') is [var name, var version, ..] && version == $"v{current[name]}")
        );
    }

    [Fact]
    public void Each_field_that_is_written_is_in_a_sample() =>
        Assert.All(
            EventCatalog.All,
            row =>
            {
                var written = EventShape.Paths(row).ToHashSet();
                var stored = StoredEvent.All.Where(s => (s.Name, s.Version) == (row.Name, row.Version));
                Assert.Empty(written.Except(stored.SelectMany(s => EventShape.Paths(s.Read(), written))));
            }
        );

    [Fact]
    public void Each_required_field_is_in_every_sample_and_one_has_no_other()
    {
        foreach (var row in EventCatalog.All)
        {
            var fields = EventShape.Lines(row).Select(line => line.Split(' ')[1]).Where(path => !path.Contains('.'));
            var required = fields.Where(path => !path.EndsWith('?') && !path.Contains('[')).ToHashSet();
            var samples = StoredEvent.All.Where(stored => (stored.Name, stored.Version) == (row.Name, row.Version));
            var written = samples.Select(stored => stored.Read().EnumerateObject().Select(f => f.Name)).ToList();
            Assert.All(written, sample => Assert.Superset(required, sample.ToHashSet()));
            Assert.Contains(written, sample => required.SetEquals(sample));
        }
    }

    [Fact]
    public void Every_event_type_has_a_row()
    {
        var events = typeof(EventCatalog)
            .Assembly.GetTypes()
            .Where(type => type.DeclaringType is { IsAbstract: true } closed && closed.Name.EndsWith("Event"));
        Assert.All(events, type => Assert.Contains(EventCatalog.All, row => row.Shape.Type == type));
    }

    [Fact]
    public void A_field_from_the_future_is_no_error() =>
        Assert.NotNull(EventCatalog.Decode("BucketDeleted", 1, """{"at":"2026-01-01T12:00:00Z","later":1}"""u8));

    [Fact]
    public void An_unknown_name_is_an_error_that_names_it()
    {
        var unknown = Assert.Throws<UnknownEventException>(() => EventCatalog.Decode("BucketRepainted", 1, "{}"u8));
        Assert.Equal("BucketRepainted", unknown.Name);
        Assert.Contains("newer Varve", unknown.Message);
    }

    [Fact]
    public void A_version_from_the_future_is_an_error_that_names_it()
    {
        var unknown = Assert.Throws<UnknownEventException>(() => EventCatalog.Decode("BucketDeleted", 2, "{}"u8));
        Assert.Equal("BucketDeleted", unknown.Name);
        Assert.StartsWith("Event 'BucketDeleted' has version 2; this version of Varve reads it up to", unknown.Message);
        Assert.Contains("newer Varve", unknown.Message);
    }

    [Theory]
    [InlineData(1, """{"keys":"VK1,VK2"}""")]
    [InlineData(2, """{"accessKey":"VK1"}""")]
    [InlineData(3, """{"accessKey":"VK1","at":"2026-01-01T12:00:00+00:00"}""")]
    public void Every_old_version_is_read_as_todays(int version, string stored)
    {
        var row = new EventRow(
            "AccessKeyCreated",
            EventCatalog.RowOf(new UserEvent.AccessKeyCreated("", default)).Shape,
            v1 => new() { ["accessKey"] = ((string)v1["keys"]!).Split(',')[0] },
            v2 => new() { ["accessKey"] = v2["accessKey"]!.DeepClone(), ["at"] = "2026-01-01T12:00:00+00:00" }
        );
        Assert.Equal(3, row.Version);
        Assert.Equal(
            new UserEvent.AccessKeyCreated("VK1", Tests.Samples.Noon),
            row.Decode(version, Encoding.UTF8.GetBytes(stored))
        );
        Assert.Throws<UnknownEventException>(() => row.Decode(4, "{}"u8));
        Assert.Throws<UnknownEventException>(() => row.Decode(0, "{}"u8));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("""{"by":"ana"}""", 1)]
    [InlineData("""{"inner":{"version":7},"version":2,"later":1}""", 2)]
    public void Metadata_says_the_version(string metadata, int version) =>
        Assert.Equal(version, EventMetadata.VersionOf(Encoding.UTF8.GetBytes(metadata)));

    [Fact]
    public void Metadata_that_is_written_says_the_version_too()
    {
        var metadata = new EventMetadata(Tests.Samples.Noon, "ana", Guid.Empty, null, Version: 3);
        Assert.Equal(3, EventMetadata.VersionOf(metadata.Encode()));
    }

    static string Text(EventRow row, object @event) => Encoding.UTF8.GetString(row.Encode(@event));
}
