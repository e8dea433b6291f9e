using System.Text;

namespace Varve.Domain.Tests;

public sealed class EventCatalogTests
{
    const string Attributes =
        """{"contentType":"image/jpeg","headers":{"cache-control":"no-cache"},"user":{"owner":"ana"}}""";

    const string Checksum = """{"algorithm":"CRC32","value":"AAAAAA==","type":"FULL_OBJECT"}""";

    /// <summary>A sample of every event as it lies in logs; lines are added and never edited.</summary>
    public static readonly TheoryData<string, string> Stored = new()
    {
        { "BucketCreated", """{"owner":"ana","at":"2026-01-01T12:00:00+00:00"}""" },
        { "BucketDeletionRequested", """{"at":"2026-01-01T12:00:00+00:00"}""" },
        { "BucketDeletionAbandoned", """{"at":"2026-01-01T12:00:00+00:00"}""" },
        { "BucketDeleted", """{"at":"2026-01-01T12:00:00+00:00"}""" },
        {
            "ContentStored",
            """{"sha256":"e3","sha1":"da","md5":"d4","size":0,"location":"disk:volume/000001@0","at":"2026-01-01T12:00:00+00:00"}"""
        },
        { "ContentDamaged", """{"location":"disk:x","detail":"CRC","at":"2026-01-01T12:00:00+00:00"}""" },
        { "ContentPurgeScheduled", """{"notBefore":"2026-01-02T12:00:00+00:00","at":"2026-01-01T12:00:00+00:00"}""" },
        { "ContentRevived", """{"at":"2026-01-01T12:00:00+00:00"}""" },
        { "ContentPurged", """{"at":"2026-01-01T12:00:00+00:00"}""" },
        {
            "ObjectPut",
            $$"""{"versionId":"v","content":"e3","sha1":"da","size":1,"eTag":"d4","attributes":{{Attributes}},"checksum":{{Checksum}},"origin":"Copy","source":"photos/cat","at":"2026-01-01T12:00:00+00:00"}"""
        },
        { "ObjectDeleted", """{"versionId":"v","renamedTo":"photos/dog","at":"2026-01-01T12:00:00+00:00"}""" },
        {
            "UploadInitiated",
            $$"""{"bucket":"photos","key":"cat","initiator":"ana","attributes":{{Attributes}},"checksumAlgorithm":"CRC32","checksumType":"COMPOSITE","plan":{"fileHash":"da","fileSize":1,"chunkSize":5242880,"chunkCount":1},"at":"2026-01-01T12:00:00+00:00"}"""
        },
        {
            "PartUploaded",
            """{"number":1,"size":5,"eTag":"d4","checksum":"AAAAAA==","location":"disk:x","at":"2026-01-01T12:00:00+00:00"}"""
        },
        {
            "UploadCompleted",
            $$"""{"content":"e3","sha1":"da","size":1,"eTag":"d4-1","checksum":{{Checksum}},"location":"disk:x","unused":[3],"at":"2026-01-01T12:00:00+00:00"}"""
        },
        { "UploadCancelled", """{"at":"2026-01-01T12:00:00+00:00"}""" },
        { "UploadExpired", """{"at":"2026-01-01T12:00:00+00:00"}""" },
        { "UserSignedUp", """{"homeBucket":"ana","at":"2026-01-01T12:00:00+00:00"}""" },
        { "AccessKeyCreated", """{"accessKey":"VK1","at":"2026-01-01T12:00:00+00:00"}""" },
        { "AccessKeyRevoked", """{"accessKey":"VK1","at":"2026-01-01T12:00:00+00:00"}""" },
        {
            "CommandHandled",
            """{"kind":"Put","about":"object-photos/cat","states":[{"stream":"bucket-photos","revision":0}]}"""
        },
    };

    [Theory, MemberData(nameof(Stored))]
    public void What_was_written_is_still_written_the_same(string name, string stored)
    {
        var read = EventCatalog.Decode(name, Encoding.UTF8.GetBytes(stored));
        var row = EventCatalog.RowOf(read);
        Assert.Equal((name, stored), (row.Name, Encoding.UTF8.GetString(row.Encode(read))));
    }

    [Fact]
    public void Every_event_has_a_stored_sample() =>
        Assert.Equal(EventCatalog.All.Select(row => row.Name), Stored.Select(sample => sample.Data.Item1));

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
        Assert.NotNull(EventCatalog.Decode("BucketDeleted", """{"at":"2026-01-01T12:00:00Z","later":1}"""u8));

    [Fact]
    public void An_unknown_name_is_an_error_that_names_it() =>
        Assert.Equal(
            "BucketRepainted",
            Assert.Throws<UnknownEventException>(() => EventCatalog.Decode("BucketRepainted", "{}"u8)).Name
        );
}
