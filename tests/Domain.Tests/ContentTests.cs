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
}
