using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class ObjectLockTests
{
    static readonly BucketEvent[] Made =
    [
        new BucketEvent.Created("ana", Noon),
        new BucketEvent.VersioningSet(BucketVersioning.Enabled, Noon),
        new BucketEvent.ObjectLockSet(null, Noon),
    ];

    static readonly Bucket Lockable = Bucket.Decider.Given(Made).State;

    static readonly Retention Governance = new(RetentionMode.Governance, Noon.AddDays(1));
    static readonly Retention Compliance = new(RetentionMode.Compliance, Noon.AddDays(1));

    [Fact]
    public void A_bucket_with_object_lock_is_versioned_from_the_beginning() =>
        Bucket
            .Decider.Given()
            .When(new BucketCommand.Create(Context, Photos, "ana", ObjectLock: true))
            .ThenEvents(Made);

    [Fact]
    public void Its_versioning_cannot_be_suspended() =>
        Bucket
            .Decider.Given(Made)
            .When(new BucketCommand.SetVersioning(Context, Photos, BucketVersioning.Suspended))
            .ThenRefused(ErrorCode.InvalidBucketState);

    [Fact]
    public void Object_lock_needs_versioning() =>
        Bucket
            .Decider.Given(Made[0])
            .When(new BucketCommand.SetObjectLock(Context, Photos, null))
            .ThenRefused(ErrorCode.InvalidBucketState);

    [Fact]
    public void A_bucket_made_anew_has_nothing_of_the_one_before() =>
        Assert.Equal(
            new Bucket("ana", Noon, Deleting: false, Deletion: 0),
            Bucket.Decider.Given([.. Made, new BucketEvent.Deleted(Noon), Made[0]]).State
        );

    [Fact]
    public void The_default_retention_begins_with_the_version()
    {
        var rule = new ObjectLockRule(new(RetentionMode.Compliance, Days: null, Years: 1));
        StoredObject
            .Decider.Given()
            .When(Put(Cat) with { Within = Lockable with { ObjectLock = rule } })
            .ThenEvents(
                WasPut(Cat) with
                {
                    Versioning = BucketVersioning.Enabled,
                    Lock = new(new(RetentionMode.Compliance, Noon.AddYears(1))),
                }
            );
    }

    [Fact]
    public void A_lock_needs_a_bucket_that_has_it_and_a_date_to_come()
    {
        var past = new ObjectLock(new(RetentionMode.Governance, Noon));
        StoredObject.Decider.Given().When(Put(Cat) with { Lock = past }).ThenRefused(ErrorCode.InvalidRequest);
        StoredObject
            .Decider.Given()
            .When(Put(Cat) with { Lock = past, Within = Lockable })
            .ThenRefused(ErrorCode.InvalidArgument);
        Locked(null)
            .When(Retain(null) with { Within = new(null, Noon, false, 0) })
            .ThenRefused(ErrorCode.InvalidRequest);
    }

    [Fact]
    public void What_is_retained_is_deleted_after_its_time_alone()
    {
        Locked(Governance).When(Delete()).ThenRefused(ErrorCode.AccessDenied);
        Locked(Compliance).When(Delete(bypass: true)).ThenRefused(ErrorCode.AccessDenied);
        Assert.Null(Locked(Governance).When(Delete(bypass: true)).Decision.Rejection);
        Assert.Null(Locked(Compliance with { Until = Noon }).When(Delete()).Decision.Rejection);
    }

    [Fact]
    public void A_legal_hold_keeps_a_version_whatever_is_bypassed() =>
        Locked(null, hold: true).When(Delete(bypass: true)).ThenRefused(ErrorCode.AccessDenied);

    [Fact]
    public void A_retention_can_be_made_longer_by_everybody()
    {
        var longer = Compliance with { Until = Noon.AddDays(2) };
        Locked(Compliance)
            .When(Retain(longer))
            .ThenEvents(new ObjectEvent.LockSet("v", new(longer), Version(longer), Noon));
    }

    [Fact]
    public void A_retention_is_shortened_or_changed_by_a_bypass_of_governance_alone()
    {
        var shorter = Governance with { Until = Noon.AddHours(1) };
        Locked(Governance).When(Retain(shorter)).ThenRefused(ErrorCode.AccessDenied);
        Locked(Governance).When(Retain(Compliance)).ThenRefused(ErrorCode.AccessDenied);
        Locked(Governance).When(Retain(null)).ThenRefused(ErrorCode.AccessDenied);
        Assert.Null(Locked(Governance).When(Retain(shorter, bypass: true)).Decision.Rejection);
        Assert.Null(Locked(Governance).When(Retain(null, bypass: true)).Decision.Rejection);
        var sooner = Compliance with { Until = Noon.AddHours(1) };
        Locked(Compliance).When(Retain(sooner, bypass: true)).ThenRefused(ErrorCode.AccessDenied);
        Locked(Compliance).When(Retain(Governance, bypass: true)).ThenRefused(ErrorCode.AccessDenied);
    }

    [Fact]
    public void The_same_lock_again_records_nothing() => Locked(Compliance).When(Retain(Compliance)).ThenNothing();

    static Given<ObjectVersions, ObjectCommand, ObjectEvent> Locked(Retention? retention, bool? hold = null) =>
        ObjectVersions.Decider.Given(Version(retention, hold));

    static ObjectEvent.Put Version(Retention? retention, bool? hold = null) =>
        WasPut(Cat) with
        {
            VersionId = "v",
            Versioning = BucketVersioning.Enabled,
            Lock = new(retention, hold),
        };

    static ObjectCommand.DeleteVersion Delete(bool bypass = false) => new(Context, Cat, "v", bypass);

    static ObjectCommand.SetRetention Retain(Retention? retention, bool bypass = false) =>
        new(Context, Cat, "v", retention, bypass) { Within = Lockable };
}
