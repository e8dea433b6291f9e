using Varve.Domain.Contents;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class ContentTests
{
    static readonly ContentEvent.Stored Stored = new(Hash.Hex, Sha1, Md5, 0, Fresh.Location!, Noon);
    static readonly ContentEvent Scheduled = new ContentEvent.PurgeScheduled(Noon, Noon);
    static readonly ContentEvent Damaged = new ContentEvent.Damaged(Stored.Location, "CRC", Noon);

    [Fact]
    public void New_bytes_are_stored() =>
        Content.Decider.Given().When(new ContentCommand.Use(Context, Fresh)).ThenEvents(Stored);

    [Fact]
    public void The_same_bytes_again_record_nothing() =>
        Content.Decider.Given(Stored).When(new ContentCommand.Use(Context, Fresh)).ThenNothing();

    [Fact]
    public void A_reference_to_bytes_that_are_gone_is_refused() =>
        Content
            .Decider.Given(Stored, Scheduled, new ContentEvent.Purged(Noon))
            .When(new ContentCommand.Use(Context, Known))
            .ThenRefused(ErrorCode.OperationAborted);

    [Fact]
    public void A_reference_revives_what_was_about_to_be_purged() =>
        Content
            .Decider.Given(Stored, Scheduled)
            .When(new ContentCommand.Use(Context, Known))
            .ThenEvents(new ContentEvent.Revived(Noon));

    [Fact]
    public void A_revived_content_is_not_purged() =>
        Content
            .Decider.Given(Stored, Scheduled, new ContentEvent.Revived(Noon))
            .When(new ContentCommand.Purge(Context, Hash))
            .ThenRefused(ErrorCode.OperationAborted);

    [Fact]
    public void A_purge_waits_for_its_time()
    {
        var early = Context with { At = Noon.AddSeconds(-1) };
        Content
            .Decider.Given(Stored, Scheduled)
            .When(new ContentCommand.Purge(early, Hash))
            .ThenRefused(ErrorCode.OperationAborted);
        Content
            .Decider.Given(Stored, Scheduled)
            .When(new ContentCommand.Purge(Context, Hash))
            .ThenEvents(new ContentEvent.Purged(Noon));
    }

    [Fact]
    public void After_a_purge_bytes_are_stored_anywhere_but_where_others_are_being_deleted()
    {
        var purged = Content.Decider.Given(Stored, Scheduled, new ContentEvent.Purged(Noon));
        purged.When(new ContentCommand.Use(Context, Fresh)).ThenRefused(ErrorCode.OperationAborted);
        var elsewhere = Fresh with { Location = "disk:volume/000002@0" };
        purged
            .When(new ContentCommand.Use(Context, elsewhere))
            .ThenEvents(Stored with { Location = elsewhere.Location! });
    }

    [Fact]
    public void No_copy_comes_to_where_one_is_being_deleted()
    {
        var evicted = Content.Decider.Given(Stored, Copied, Evicted);
        evicted
            .When(new ContentCommand.AddCopy(Context, Hash, Stored.Location, Ceph))
            .ThenRefused(ErrorCode.OperationAborted);
        evicted
            .When(new ContentCommand.AddCopy(Context, Hash, "disk:volume/000002@0", Ceph))
            .ThenEvents(new ContentEvent.Copied(Sha1, "disk", "disk:volume/000002@0", Noon));
    }

    [Fact]
    public void New_bytes_replace_damaged_ones() =>
        Content
            .Decider.Given(Stored, Damaged)
            .When(new ContentCommand.Use(Context, Fresh with { Location = "disk:volume/000002@0" }))
            .ThenEvents(Stored with { Location = "disk:volume/000002@0" });

    [Fact]
    public void Damage_is_recorded_once() =>
        Content
            .Decider.Given(Stored, Damaged)
            .When(new ContentCommand.ReportDamage(Context, Hash, Stored.Location, "again"))
            .ThenNothing();

    const string Ceph = "ceph:userfile/ceph/e3";

    static readonly ContentEvent Copied = new ContentEvent.Copied(Sha1, "ceph", Ceph, Noon);
    static readonly ContentEvent Evicted = new ContentEvent.Evicted(Sha1, "disk", Stored.Location, Noon);
    static readonly ContentEvent CephDamaged = new ContentEvent.Damaged(Ceph, "CRC", Noon);

    [Fact]
    public void A_copy_in_another_tier_is_recorded_once()
    {
        var add = new ContentCommand.AddCopy(Context, Hash, Ceph, Stored.Location);
        Content.Decider.Given(Stored).When(add).ThenEvents(Copied);
        Content.Decider.Given(Stored, Copied).When(add).ThenNothing();
    }

    [Fact]
    public void A_purged_content_gets_no_copy() =>
        Content
            .Decider.Given(Stored, Scheduled, new ContentEvent.Purged(Noon))
            .When(new ContentCommand.AddCopy(Context, Hash, Ceph, Stored.Location))
            .ThenRefused(ErrorCode.OperationAborted);

    [Fact]
    public void A_damaged_copy_is_healed_from_another() =>
        Content
            .Decider.Given(Stored, Copied, Damaged)
            .When(new ContentCommand.AddCopy(Context, Hash, "disk:volume/000002@0", Ceph))
            .ThenEvents(new ContentEvent.Repaired(Sha1, "disk", "disk:volume/000002@0", Ceph, Noon));

    [Fact]
    public void A_healed_copy_can_be_damaged_again() =>
        Content
            .Decider.Given(
                Stored,
                Copied,
                Damaged,
                new ContentEvent.Repaired(Sha1, "disk", Stored.Location, Ceph, Noon)
            )
            .When(new ContentCommand.ReportDamage(Context, Hash, Stored.Location, "CRC"))
            .ThenEvents(Damaged);

    [Fact]
    public void While_any_copy_is_sound_the_same_bytes_again_record_nothing() =>
        Content.Decider.Given(Stored, Copied, Damaged).When(new ContentCommand.Use(Context, Fresh)).ThenNothing();

    [Fact]
    public void When_no_copy_is_sound_new_bytes_are_stored_and_the_far_copy_is_healed_from_them()
    {
        Content
            .Decider.Given(Stored, Copied, Damaged, CephDamaged)
            .When(new ContentCommand.Use(Context, Fresh))
            .ThenEvents(Stored);
        Content
            .Decider.Given(Stored, Copied, Damaged, CephDamaged, Stored)
            .When(new ContentCommand.AddCopy(Context, Hash, Ceph, Stored.Location))
            .ThenEvents(new ContentEvent.Repaired(Sha1, "ceph", Ceph, Stored.Location, Noon));
    }

    [Fact]
    public void A_copy_is_evicted_once_where_another_is_sound()
    {
        var evict = new ContentCommand.Evict(Context, Hash, "disk");
        Content.Decider.Given(Stored, Copied).When(evict).ThenEvents(Evicted);
        Content.Decider.Given(Stored, Copied, Evicted).When(evict).ThenNothing();
    }

    [Fact]
    public void The_last_sound_copy_is_not_evicted()
    {
        var evict = new ContentCommand.Evict(Context, Hash, "disk");
        Content.Decider.Given(Stored).When(evict).ThenRefused(ErrorCode.OperationAborted);
        Content.Decider.Given(Stored, Copied, CephDamaged).When(evict).ThenRefused(ErrorCode.OperationAborted);
    }

    [Fact]
    public void Damage_where_a_copy_was_is_nobody_s_any_more() =>
        Content
            .Decider.Given(Stored, Copied, Evicted)
            .When(new ContentCommand.ReportDamage(Context, Hash, Stored.Location, "missing"))
            .ThenNothing();

    [Fact]
    public void A_copy_that_failed_is_recorded_while_it_is_missing()
    {
        var fail = new ContentCommand.ReportCopyFailure(Context, Hash, "ceph", "no answer");
        Content.Decider.Given(Stored).When(fail).ThenEvents(new ContentEvent.CopyFailed("ceph", "no answer", Noon));
        Content.Decider.Given(Stored, Copied).When(fail).ThenNothing();
    }
}
