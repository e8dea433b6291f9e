using Varve.Domain.Access;
using Varve.Domain.Objects;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class ObjectTests
{
    static readonly Given<StoredObject, ObjectCommand, ObjectEvent> NoCat = StoredObject.Decider.Given();
    static readonly Given<StoredObject, ObjectCommand, ObjectEvent> ACat = StoredObject.Decider.Given(WasPut(Cat));
    static readonly ObjectEvent CatDeleted = new ObjectEvent.Deleted(WasPut(Cat).VersionId, null, Noon);

    [Fact]
    public void A_put_makes_a_version() => NoCat.When(Put(Cat)).ThenEvents(WasPut(Cat));

    [Fact]
    public void A_put_over_an_object_makes_a_version() =>
        ACat.When(Put(Cat, etag: "new")).ThenEvents(WasPut(Cat, "new"));

    [Fact]
    public void If_none_match_star_lets_the_first_one_in() =>
        NoCat.When(Put(Cat, new WriteCondition(null, "*"))).ThenEvents(WasPut(Cat));

    [Fact]
    public void If_none_match_star_keeps_the_second_one_out() =>
        ACat.When(Put(Cat, new WriteCondition(null, "*"))).ThenRefused(ErrorCode.PreconditionFailed);

    [Fact]
    public void If_match_on_nothing_is_no_such_key() =>
        NoCat.When(Put(Cat, new WriteCondition(Md5, null))).ThenRefused(ErrorCode.NoSuchKey);

    [Fact]
    public void If_match_on_another_version_is_refused() =>
        ACat.When(Put(Cat, new WriteCondition("other", null))).ThenRefused(ErrorCode.PreconditionFailed);

    [Fact]
    public void If_match_on_the_version_replaces_it() =>
        ACat.When(Put(Cat, new WriteCondition(Md5, null))).ThenEvents(WasPut(Cat));

    [Fact]
    public void A_delete_leaves_a_marker() =>
        ACat.When(new ObjectCommand.Delete(Context, Cat, WriteCondition.None)).ThenEvents(CatDeleted);

    [Fact]
    public void Deleting_nothing_records_nothing_whatever_is_expected_of_it()
    {
        NoCat.When(new ObjectCommand.Delete(Context, Cat, WriteCondition.None)).ThenNothing();
        NoCat.When(new ObjectCommand.Delete(Context, Cat, new WriteCondition(Md5, null, Noon, 1))).ThenNothing();
    }

    [Fact]
    public void A_delete_can_depend_on_etag_time_and_size()
    {
        var right = new WriteCondition(Md5, null, Noon.AddMilliseconds(999), Known.Size);
        ACat.When(new ObjectCommand.Delete(Context, Cat, right)).ThenEvents(CatDeleted);
        foreach (
            var wrong in (WriteCondition[])
                [
                    right with
                    {
                        IfMatch = "other",
                    },
                    right with
                    {
                        LastModified = Noon.AddSeconds(1),
                    },
                    right with
                    {
                        Size = Known.Size + 1,
                    },
                ]
        )
            ACat.When(new ObjectCommand.Delete(Context, Cat, wrong)).ThenRefused(ErrorCode.PreconditionFailed);
    }

    [Fact]
    public void A_put_of_an_encrypted_content_has_the_size_of_what_came()
    {
        var sealed1 = new ObjectEncryption(EncryptionKind.ServerKey, "AAAA");
        ACat.When(Put(Cat) with { Encryption = sealed1, PlainSize = 7, Upload = "u1" })
            .ThenEvents(WasPut(Cat) with { Encryption = sealed1, Size = 7, Upload = "u1" });
    }

    [Fact]
    public void A_deleted_object_is_gone_whatever_was_before() =>
        StoredObject
            .Decider.Given(WasPut(Cat), CatDeleted)
            .When(new ObjectCommand.Rename(Context, Cat, Dog, null))
            .ThenRefused(ErrorCode.NoSuchKey);

    [Fact]
    public void The_last_event_alone_is_the_state()
    {
        var whole = StoredObject.Decider.Given(WasPut(Cat), CatDeleted, WasPut(Cat, "new"));
        Assert.Equal(whole.State, StoredObject.Decider.Given(whole.Events[^1]).State);
    }

    [Fact]
    public void A_rename_says_where_the_file_went() =>
        ACat.When(new ObjectCommand.Rename(Context, Cat, Dog, Sha1))
            .ThenEvents(new ObjectEvent.Deleted(WasPut(Cat).VersionId, "photos/dog.jpg", Noon));

    [Fact]
    public void A_rename_of_another_content_is_refused() =>
        ACat.When(new ObjectCommand.Rename(Context, Cat, Dog, new string('0', 40))).ThenRefused(ErrorCode.NoSuchFile);

    [Fact]
    public void A_rename_to_itself_records_nothing() =>
        ACat.When(new ObjectCommand.Rename(Context, Cat, Cat, null)).ThenNothing();

    [Fact]
    public void A_rename_can_depend_on_a_version() =>
        ACat.When(new ObjectCommand.Rename(Context, Cat, Dog, null, VersionId: "other"))
            .ThenRefused(ErrorCode.ConditionalRequestConflict);

    [Fact]
    public void A_rename_puts_the_new_name_before_it_ends_the_old_one()
    {
        var steps = new List<Step>();
        foreach (var step in new ObjectCommand.Rename(Context, Cat, Dog, null).Steps())
        {
            step.Decide(step.Stream == Cat.Stream ? ACat.State : step.InitialState);
            steps.Add(step);
        }
        Assert.Equal(
            [Photos.Stream, Cat.Stream, Photos.Stream, Hash.Stream, Dog.Stream],
            steps.Select(step => step.Stream)
        );
        Assert.Equal([false, true, false, false, false], steps.Select(step => step.Closing));
    }

    [Fact]
    public void A_restore_makes_an_old_version_current_as_it_was() =>
        ACat.When(Restored("old")).ThenEvents(WasRestored("old"));

    [Fact]
    public void A_restore_undeletes() =>
        StoredObject.Decider.Given(WasPut(Cat), CatDeleted).When(Restored("old")).ThenEvents(WasRestored("old"));

    [Fact]
    public void Restoring_the_current_version_records_nothing() =>
        ACat.When(Restored(WasPut(Cat).VersionId)).ThenNothing();

    [Fact]
    public void Restoring_a_version_twice_records_nothing() =>
        StoredObject.Decider.Given(WasRestored("old")).When(Restored("old")).ThenNothing();

    [Fact]
    public void A_restore_needs_its_bytes_and_comes_after_its_content()
    {
        var steps = Restored("old").Steps().Select(step => (step, no: step.Decide(step.InitialState))).ToList();
        Assert.Equal([Photos.Stream, Cat.Stream, Photos.Stream, Hash.Stream], steps.Select(one => one.step.Stream));
        Assert.Equal([false, true, false, false], steps.Select(one => one.step.Closing));
        Assert.Equal(ErrorCode.OperationAborted, steps[3].no?.Code);
    }

    [Theory]
    [
        InlineData("a"),
        InlineData("/"),
        InlineData("a//b"),
        InlineData(".."),
        InlineData("日本語"),
        InlineData("a\u0000b")
    ]
    public void A_key_is_taken_as_it_is(string key) => Assert.Equal(key, ObjectKey.Parse(key).Text);

    [Fact]
    public void A_key_has_1024_bytes_at_most()
    {
        Assert.Equal(1022, ObjectKey.Parse(new string('é', 511)).Text.Length * 2);
        Assert.Equal(ErrorCode.KeyTooLong, RefusedKey(new string('é', 513)));
        Assert.Equal(ErrorCode.InvalidArgument, RefusedKey(""));
        Assert.Equal(ErrorCode.InvalidArgument, RefusedKey("\uD800"));
    }

    static ObjectCommand.Restore Restored(string version) =>
        new(Context, Cat, version, Known, Md5, new ObjectAttributes("image/jpeg"), null);

    static ObjectEvent WasRestored(string version) =>
        WasPut(Cat) with
        {
            Attributes = new ObjectAttributes("image/jpeg"),
            Origin = ObjectOrigin.Restore,
            Source = version,
        };

    static ErrorCode RefusedKey(string key) =>
        Assert.Throws<RejectedException>(() => ObjectKey.Parse(key)).Rejection.Code;

    [Fact]
    public void A_version_changes_only_if_it_is_the_one_that_was_judged()
    {
        var stored = StoredObject.Decider.Given(WasPut(Cat));
        var change = new ObjectCommand.SetAcl(Context, Cat, VersionId: null, Acl.Private("bob"));
        stored
            .When(change with { Judged = WasPut(Cat).VersionId })
            .ThenEvents(
                new ObjectEvent.AclSet(WasPut(Cat).VersionId, change.Acl, WasPut(Cat) with { Acl = change.Acl }, Noon)
            );
        stored.When(change with { Judged = "another" }).ThenRefused(ErrorCode.OperationAborted);
        stored.When(change with { Judged = "" }).ThenRefused(ErrorCode.OperationAborted);
    }

    [Fact]
    public void A_list_is_set_on_the_version_that_is_there()
    {
        var open = Acl.Canned("public-read", "ana", bucketOwner: null);
        var stored = StoredObject.Decider.Given(WasPut(Cat));
        stored
            .When(new ObjectCommand.SetAcl(Context, Cat, VersionId: null, open))
            .ThenEvents(new ObjectEvent.AclSet(WasPut(Cat).VersionId, open, WasPut(Cat) with { Acl = open }, Noon));
        stored.When(new ObjectCommand.SetAcl(Context, Cat, VersionId: null, Acl: null)).ThenNothing();
        StoredObject
            .Decider.Given()
            .When(new ObjectCommand.SetAcl(Context, Cat, VersionId: null, open))
            .ThenRefused(ErrorCode.NoSuchKey);
    }
}
