using CsCheck;
using Varve.Domain.Access;
using static Varve.Domain.Tests.Access.Asking;

namespace Varve.Domain.Tests.Access;

public sealed class AuthorizationTests
{
    static readonly BucketAccess Private = BucketAccess.Private("ana");

    static readonly Gen<Principal> Who = Pick(Ana, Bob, Root, Anybody);

    static readonly Gen<string> Action = Pick(
        "GetObject",
        "PutObject",
        "DeleteObject",
        "ListBucket",
        "GetBucketAcl",
        "PutObjectAcl",
        "GetBucketPolicy",
        "PutBucketTagging"
    );

    static readonly Gen<Acl?> Lists = Gen.Select(
            Pick("ana", "bob"),
            Pick("none", "private", "public-read", "public-read-write", "authenticated-read")
        )
        .Select((owner, name) => Acl.Canned(name, owner, "ana"));

    [Fact]
    public void A_private_bucket_is_its_owners_and_roots() =>
        Gen.Select(Who, Action)
            .Sample((who, action) => who.May(action, Private, "k") == (who == Ana || who == Root), iter: 200);

    [Fact]
    public void What_a_policy_denies_no_list_and_no_other_statement_allows() =>
        Gen.Select(Who, Action, Lists, Lists)
            .Where((_, action, _, _) => action != "GetBucketPolicy")
            .Sample(
                (who, action, bucketList, objectList) =>
                {
                    var bucket = With($"{Statement()},{Statement("Deny")}") with { Acl = bucketList };
                    Assert.False(Authorization.Allows(who.To(action, "k"), bucket, objectList));
                },
                iter: 500
            );

    [Fact]
    public void A_policy_that_allows_takes_nothing_away() =>
        Gen.Select(Who, Action, Lists)
            .Sample(
                (who, action, list) =>
                {
                    var without = Authorization.Allows(who.To(action, "k"), Private, list);
                    var with = Authorization.Allows(who.To(action, "k"), With(Statement()), list);
                    Assert.True(with || !without);
                },
                iter: 500
            );

    [Fact]
    public void Blocking_public_access_gives_nobody_anything() =>
        Gen.Select(Who, Action, Lists, Lists)
            .Sample(
                (who, action, bucketList, objectList) =>
                {
                    var open = With(Statement()) with { Acl = bucketList };
                    var blocked = open with { PublicAccess = new(true, true, true, true) };
                    var request = who.To(action, "k");
                    var allowed = Authorization.Allows(request, blocked, objectList);
                    Assert.True(!allowed || Authorization.Allows(request, open, objectList));
                    Assert.False(allowed && who.IsAnonymous);
                },
                iter: 500
            );

    [Fact]
    public void The_owner_and_root_can_always_undo_a_policy_unless_the_owner_gave_that_up()
    {
        var locked = With(Statement("Deny"));
        foreach (var action in new[] { "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy" })
        {
            Assert.True(Ana.May(action, locked));
            Assert.False(Ana.May(action, locked with { PolicyBindsOwner = true }));
            Assert.True(Root.May(action, locked with { PolicyBindsOwner = true }));
            Assert.False(Bob.May(action, locked));
        }
        Assert.False(Root.May("GetObject", locked, "k"));
    }

    [Theory]
    [InlineData("private", false, false)]
    [InlineData("public-read", true, false)]
    [InlineData("public-read-write", true, true)]
    [InlineData("authenticated-read", true, false)]
    public void A_canned_list_of_a_bucket_grants_what_its_name_says(string name, bool reads, bool writes)
    {
        var bucket = Private with { Acl = Acl.Canned(name, "ana", bucketOwner: null) };
        Assert.Equal(
            (reads, writes, reads && name != "authenticated-read"),
            (Bob.May("ListBucket", bucket), Bob.May("PutObject", bucket, "k"), Anybody.May("ListBucket", bucket))
        );
        Assert.False(Bob.May("GetObject", bucket, "k"));
        Assert.False(Bob.May("PutBucketAcl", bucket));
        Assert.True(Ana.May("PutObject", bucket, "k"));
    }

    [Fact]
    public void An_owner_without_grants_may_still_change_the_list_alone()
    {
        var bucket = Private with { Acl = new("ana", []) };
        Assert.True(Ana.May("GetBucketAcl", bucket) && Ana.May("PutBucketAcl", bucket));
        Assert.False(Ana.May("PutObject", bucket, "k") || Ana.May("ListBucket", bucket));
    }

    [Fact]
    public void An_object_of_another_user_is_theirs_unless_lists_are_off()
    {
        var bobs = Acl.Private("bob");
        var read = Ana.To("GetObject", "k");
        Assert.False(Authorization.Allows(read, Private, bobs));
        Assert.False(Authorization.Allows(read, With(Statement()), bobs)); // a policy is about the owner's objects
        Assert.True(Authorization.Allows(Bob.To("GetObject", "k"), Private, bobs));
        Assert.True(Authorization.Allows(read, Private, Acl.Canned("bucket-owner-read", "bob", "ana")));

        var enforced = Private with { Ownership = ObjectOwnership.BucketOwnerEnforced };
        Assert.True(Authorization.Allows(read, enforced, bobs));
        Assert.False(Authorization.Allows(Bob.To("GetObject", "k"), enforced, bobs));
        Assert.False(Bob.May("ListBucket", enforced with { Acl = Acl.Canned("public-read", "ana", null) }));
    }

    [Fact]
    public void A_policy_gives_nobody_the_policy()
    {
        var bucket = With(Statement());
        Assert.True(Bob.May("PutBucketTagging", bucket));
        foreach (var action in new[] { "GetBucketPolicy", "PutBucketPolicy", "DeleteBucketPolicy" })
            Assert.Equal(
                (false, true, true),
                (Bob.May(action, bucket), Ana.May(action, bucket), Root.May(action, bucket))
            );
    }

    [Fact]
    public void Lists_for_everybody_can_be_ignored_and_public_policies_restricted()
    {
        var listed = Private with { Acl = Acl.Canned("public-read", "ana", bucketOwner: null) };
        Assert.False(Bob.May("ListBucket", listed with { PublicAccess = new(false, true, false, false) }));
        var restricted = new PublicAccessBlock(false, false, false, true);
        Assert.False(Bob.May("ListBucket", With(Statement()) with { PublicAccess = restricted }));
        Assert.True(Ana.May("ListBucket", With(Statement()) with { PublicAccess = restricted }));
        var named = With(Statement(principal: """{"AWS":"bob"}""")) with { PublicAccess = restricted };
        Assert.True(Bob.May("ListBucket", named));
    }

    static Gen<T> Pick<T>(params T[] of) => Gen.Int[0, of.Length - 1].Select(i => of[i]);
}
