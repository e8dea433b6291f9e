using Varve.Domain.Access;
using Varve.Domain.Buckets;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class BucketTests
{
    static readonly BucketEvent AnaCreatedIt = new BucketEvent.Created("ana", Noon);
    static readonly BucketConfigurationEvent PublicList = new BucketConfigurationEvent.AclSet(
        Acl.Canned("public-read", "ana", bucketOwner: null),
        Noon
    );
    const ObjectOwnership Enforced = ObjectOwnership.BucketOwnerEnforced;
    static readonly BucketEvent DeletionWasRequested = new BucketEvent.DeletionRequested(Noon);

    [Fact]
    public void A_free_name_is_taken() =>
        Bucket.Decider.Given().When(new BucketCommand.Create(Context, Photos, "ana")).ThenEvents(AnaCreatedIt);

    [Theory]
    [InlineData("ana", ErrorCode.BucketAlreadyOwnedByYou)]
    [InlineData("ben", ErrorCode.BucketAlreadyExists)]
    public void A_taken_name_is_refused(string who, ErrorCode code) =>
        Bucket.Decider.Given(AnaCreatedIt).When(new BucketCommand.Create(Context, Photos, who)).ThenRefused(code);

    [Fact]
    public void A_name_that_is_the_owners_is_taken_for_another_list() =>
        Bucket
            .Decider.Given(AnaCreatedIt)
            .When(new BucketCommand.Create(Context, Photos, "ana") { Configured = [PublicList] })
            .ThenRefused(ErrorCode.BucketAlreadyExists);

    [Fact]
    public void A_write_into_no_bucket_is_refused() =>
        Bucket.Decider.Given().When(new BucketCommand.Accept(Context, Photos)).ThenRefused(ErrorCode.NoSuchBucket);

    [Fact]
    public void A_write_into_a_bucket_changes_nothing_of_it() =>
        Bucket.Decider.Given(AnaCreatedIt).When(new BucketCommand.Accept(Context, Photos)).ThenNothing();

    [Fact]
    public void A_write_calls_a_deletion_off() =>
        Bucket
            .Decider.Given(AnaCreatedIt, DeletionWasRequested)
            .When(new BucketCommand.Accept(Context, Photos))
            .ThenEvents(new BucketEvent.DeletionAbandoned(Noon));

    [Fact]
    public void A_deletion_that_was_called_off_finds_the_bucket_in_use() =>
        Bucket
            .Decider.Given(AnaCreatedIt, DeletionWasRequested, new BucketEvent.DeletionAbandoned(Noon))
            .When(new BucketCommand.FinishDeletion(Context, Photos, Deletion: 1, Empty: true))
            .ThenRefused(ErrorCode.BucketNotEmpty);

    [Fact]
    public void A_deletion_does_not_finish_one_that_was_asked_for_later() =>
        Bucket
            .Decider.Given(
                AnaCreatedIt,
                DeletionWasRequested,
                new BucketEvent.DeletionAbandoned(Noon),
                DeletionWasRequested
            )
            .When(new BucketCommand.FinishDeletion(Context, Photos, Deletion: 1, Empty: true))
            .ThenRefused(ErrorCode.BucketNotEmpty);

    [Fact]
    public void An_empty_bucket_goes() =>
        Bucket
            .Decider.Given(AnaCreatedIt, DeletionWasRequested)
            .When(new BucketCommand.FinishDeletion(Context, Photos, Deletion: 1, Empty: true))
            .ThenEvents(new BucketEvent.Deleted(Noon));

    [Fact]
    public void A_bucket_in_use_stays() =>
        Bucket
            .Decider.Given(AnaCreatedIt, DeletionWasRequested)
            .When(new BucketCommand.FinishDeletion(Context, Photos, Deletion: 1, Empty: false))
            .ThenEvents(new BucketEvent.DeletionAbandoned(Noon));

    [Fact]
    public void Asking_twice_for_a_deletion_records_nothing() =>
        Bucket
            .Decider.Given(AnaCreatedIt, DeletionWasRequested)
            .When(new BucketCommand.RequestDeletion(Context, Photos))
            .ThenNothing();

    [Fact]
    public void A_deleted_name_is_free_again() =>
        Bucket
            .Decider.Given(AnaCreatedIt, DeletionWasRequested, new BucketEvent.Deleted(Noon))
            .When(new BucketCommand.Create(Context, Photos, "ben"))
            .ThenEvents(new BucketEvent.Created("ben", Noon));

    [Theory]
    [InlineData("abc"), InlineData("my-bucket.2"), InlineData("1a2"), InlineData("photos--at-home")]
    public void A_bucket_name_is_allowed(string name) => Assert.Equal(name, BucketName.Parse(name).Text);

    [Theory]
    [InlineData(""), InlineData("ab"), InlineData("Abc"), InlineData("a_b"), InlineData("-ab"), InlineData("ab-")]
    [InlineData("a..b"), InlineData("192.168.1.1"), InlineData("a b"), InlineData("äbc"), InlineData("abc\n")]
    [InlineData("photos--at-20260101t120000z"), InlineData("photos--at-p17")]
    public void A_bucket_name_is_refused(string name) =>
        Assert.Equal(
            ErrorCode.InvalidBucketName,
            Assert.Throws<RejectedException>(() => BucketName.Parse(name)).Rejection.Code
        );

    [Fact]
    public void A_bucket_is_configured_from_the_beginning() =>
        Bucket
            .Decider.Given()
            .When(new BucketCommand.Create(Context, Photos, "ana") { Configured = [PublicList] })
            .ThenEvents(AnaCreatedIt, PublicList);

    [Fact]
    public void Taking_away_what_is_not_there_records_nothing() =>
        Bucket
            .Decider.Given(AnaCreatedIt)
            .When(Configure(new BucketConfigurationEvent.PolicySet(null, null, Noon)))
            .ThenNothing();

    [Fact]
    public void A_deleted_bucket_leaves_no_configuration_to_the_next() =>
        Assert.Equal(
            BucketConfiguration.None,
            Bucket
                .Decider.Given(AnaCreatedIt, PublicList, new BucketEvent.Deleted(Noon), AnaCreatedIt)
                .State.Configuration
        );

    [Fact]
    public void Lists_are_refused_where_they_are_off() =>
        Bucket
            .Decider.Given(AnaCreatedIt, new BucketConfigurationEvent.OwnershipSet(Enforced, Noon))
            .When(Configure(PublicList))
            .ThenRefused(ErrorCode.AccessControlListNotSupported);

    [Fact]
    public void Lists_that_grant_something_cannot_be_turned_off() =>
        Bucket
            .Decider.Given(AnaCreatedIt, PublicList)
            .When(Configure(new BucketConfigurationEvent.OwnershipSet(Enforced, Noon)))
            .ThenRefused(ErrorCode.InvalidBucketAclWithObjectOwnership);

    [Fact]
    public void What_is_public_is_refused_where_that_is_blocked()
    {
        var blocked = Bucket.Decider.Given(
            AnaCreatedIt,
            new BucketConfigurationEvent.PublicAccessSet(new(true, false, true, false), Noon)
        );
        var open = """{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}""";
        blocked.When(Configure(PublicList)).ThenRefused(ErrorCode.AccessDenied);
        blocked
            .When(Configure(new BucketConfigurationEvent.PolicySet(open, null, Noon)))
            .ThenRefused(ErrorCode.AccessDenied);
    }

    static BucketCommand.Configure Configure(BucketConfigurationEvent change) => new(Context, Photos, change);
}
