using System.Collections.Immutable;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class VersionTests
{
    static readonly ObjectEvent.Put First = Version("1");
    static readonly ObjectEvent.Put Second = Version("2");
    static readonly ObjectEvent.Put Null = Version("n", versioning: null);
    static readonly ObjectEvent.Deleted Marker = new("m", null, Noon, BucketVersioning.Enabled);

    static readonly Bucket Versioned = Bucket
        .Decider.Given(new BucketEvent.Created("ana", Noon), new BucketEvent.VersioningSet(default, Noon))
        .State;

    static readonly Bucket Suspended = Versioned with { Versioning = BucketVersioning.Suspended };

    [Fact]
    public void A_write_says_the_versioning_that_it_was_made_under() =>
        StoredObject
            .Decider.Given(First)
            .When(Put(Cat) with { Within = Versioned })
            .ThenEvents(WasPut(Cat) with { Versioning = BucketVersioning.Enabled });

    [Fact]
    public void A_delete_in_a_versioned_bucket_leaves_a_marker_even_where_nothing_is() =>
        StoredObject
            .Decider.Given()
            .When(Delete with { Within = Versioned })
            .ThenEvents(new ObjectEvent.Deleted(WasPut(Cat).VersionId, null, Noon, BucketVersioning.Enabled));

    [Fact]
    public void A_delete_of_a_version_that_is_no_longer_current_records_nothing() =>
        StoredObject
            .Decider.Given(First, Second)
            .When(Delete with { Within = Versioned, Version = First.VersionId })
            .ThenNothing();

    [Fact]
    public void Deleting_the_current_version_makes_the_one_before_current() =>
        ObjectVersions
            .Decider.Given(First, Second)
            .When(DeleteVersion("2"))
            .ThenEvents(new ObjectEvent.VersionDeleted("2", First, WasLatest: true, Noon));

    [Fact]
    public void Deleting_an_older_version_leaves_the_current_one() =>
        ObjectVersions
            .Decider.Given(First, Second)
            .When(DeleteVersion("1"))
            .ThenEvents(new ObjectEvent.VersionDeleted("1", Second, WasLatest: null, Noon));

    [Fact]
    public void Deleting_a_delete_marker_undeletes() =>
        ObjectVersions
            .Decider.Given(First, Marker)
            .When(DeleteVersion("m"))
            .ThenEvents(new ObjectEvent.VersionDeleted("m", First, WasLatest: true, Noon));

    [Fact]
    public void Under_what_was_deleted_a_marker_may_come_up() =>
        ObjectVersions
            .Decider.Given(First, Marker, Second)
            .When(DeleteVersion("2"))
            .ThenEvents(new ObjectEvent.VersionDeleted("2", Current: null, WasLatest: true, Noon));

    [Fact]
    public void Deleting_what_is_not_there_records_nothing() =>
        ObjectVersions.Decider.Given(First).When(DeleteVersion("9")).ThenNothing();

    [Fact]
    public void What_is_current_again_is_not_deleted_as_a_noncurrent_one() =>
        ObjectVersions
            .Decider.Given(First, Second, new ObjectEvent.VersionDeleted("2", First, true, Noon))
            .When(DeleteVersion("1") with { OnlyNoncurrent = true })
            .ThenNothing();

    [Fact]
    public void What_was_there_before_versioning_stays_and_is_null() =>
        Assert.Equal(["n", "1"], Stack(Null, First).Select(version => version.Id));

    [Fact]
    public void Under_suspended_versioning_the_null_version_is_replaced_wherever_it_is()
    {
        var again = Version("n2", BucketVersioning.Suspended);
        var marker = new ObjectEvent.Deleted("n3", null, Noon, BucketVersioning.Suspended);
        Assert.Equal(["1", "n2"], Stack(Null, First, again).Select(version => version.Id));
        Assert.Equal(["1", "n3"], Stack(Null, First, again, marker).Select(version => version.Id));
        Assert.Equal("n3", ObjectVersions.Decider.Given(Null, First, marker).State.Find("null")?.Id);
    }

    [Fact]
    public void Without_versioning_there_is_one_version_at_most()
    {
        Assert.Equal(["n2"], Stack(Null, Version("n2", versioning: null)).Select(version => version.Id));
        Assert.Empty(Stack(Null, new ObjectEvent.Deleted("d", null, Noon)));
    }

    [Fact]
    public void Every_event_tells_the_current_version_alone()
    {
        var tags = Tags("a");
        ObjectEvent[] story =
        [
            Null,
            First,
            new ObjectEvent.Tagged("n", tags, First, Noon),
            Second,
            Marker,
            new ObjectEvent.VersionDeleted("m", Second, true, Noon),
            new ObjectEvent.VersionDeleted("1", Second, null, Noon),
            new ObjectEvent.VersionDeleted("2", Null with { Tags = tags }, true, Noon),
        ];
        for (var upto = 1; upto <= story.Length; upto++)
            Assert.Equal(
                ObjectVersions.Decider.Given(story[..upto]).State.Latest?.Put,
                StoredObject.LeftBy(story[upto - 1])
            );
    }

    [Fact]
    public void Tags_are_set_on_the_current_version_or_another()
    {
        var tags = Tags("a");
        StoredObject
            .Decider.Given(First)
            .When(new ObjectCommand.Tag(Context, Cat, null, tags))
            .ThenEvents(new ObjectEvent.Tagged("1", tags, First with { Tags = tags }, Noon));
        ObjectVersions
            .Decider.Given(First, Second)
            .When(new ObjectCommand.Tag(Context, Cat, "1", tags))
            .ThenEvents(new ObjectEvent.Tagged("1", tags, Second, Noon));
        ObjectVersions
            .Decider.Given(First, Marker)
            .When(new ObjectCommand.Tag(Context, Cat, "m", tags))
            .ThenRefused(ErrorCode.MethodNotAllowed);
        ObjectVersions
            .Decider.Given(First)
            .When(new ObjectCommand.Tag(Context, Cat, "9", tags))
            .ThenRefused(ErrorCode.NoSuchVersion);
        StoredObject
            .Decider.Given(First, Marker)
            .When(new ObjectCommand.Tag(Context, Cat, null, tags))
            .ThenRefused(ErrorCode.NoSuchKey);
    }

    static readonly ObjectCommand.Delete Delete = new(Context, Cat, WriteCondition.None);

    static ObjectCommand.DeleteVersion DeleteVersion(string id) => new(Context, Cat, id, Bypass: false);

    static ImmutableList<ObjectVersion> Stack(params ObjectEvent[] events) =>
        ObjectVersions.Decider.Given(events).State.Stack;

    static ImmutableSortedDictionary<string, string> Tags(string key) =>
        ImmutableSortedDictionary.CreateRange([KeyValuePair.Create(key, "")]);

    static ObjectEvent.Put Version(string id, BucketVersioning? versioning = BucketVersioning.Enabled) =>
        WasPut(Cat, id) with
        {
            VersionId = id,
            Versioning = versioning,
        };
}
