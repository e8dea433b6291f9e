using System.Diagnostics;
using MediatR;
using Varve.Api.Encryption;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Uploads;
using Varve.EventStores;
using Varve.Projections;
using Varve.Projections.Buckets;
using Varve.Tiers;

namespace Varve.Api;

/// <summary>What both surfaces stand on: commands in, read models out, bytes in and out. Thread-safe.</summary>
/// <param name="tier">The nearest tier: what comes in goes there.</param>
/// <param name="farTiers">Where copies may be besides.</param>
public sealed class Backend(
    IMediator door,
    AggregateStates states,
    IEventStore events,
    ITier tier,
    IReadOnlyList<ITier> farTiers,
    ReadModels reads,
    BucketQuotas quotas,
    IUploadProgress progress,
    ProjectionBarrier barrier,
    ObjectKeys keys,
    TimeProvider clock
)
{
    const int KeepAttempts = 3;

    public IEventStore Events => events;

    public ITier Tier => tier;

    /// <summary>Reads from any tier. A damage that it meets is put on record.</summary>
    public TieredContents Contents { get; } =
        new(
            [tier, .. farTiers],
            reads.LocationsOf,
            (content, location, damage) =>
                door.Send(
                    new ContentCommand.ReportDamage(
                        new(Guid.CreateVersion7(clock.GetUtcNow()), "varve", clock.GetUtcNow()),
                        new ContentHash(content),
                        location,
                        damage.Message
                    ),
                    CancellationToken.None
                )
        );

    public ReadModels Reads => reads;

    public IUploadProgress Progress => progress;

    public ProjectionBarrier Barrier => barrier;

    /// <summary>The keys of encrypted objects.</summary>
    public ObjectKeys Keys => keys;

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <param name="by">The acting user.</param>
    /// <param name="clientKey">An id that the client chose, such as its <c>Idempotency-Key</c>: the command is then
    /// done once, however often it is sent. Null for none.</param>
    public CommandContext Context(string by, string? clientKey = null) =>
        clientKey is null
            ? new(Guid.CreateVersion7(Now), by, Now, Repeatable: false, TraceId)
            : new(NameBasedId.Of(ClientKeys, $"{by}\n{clientKey}"), by, Now, Repeatable: true, TraceId);

    /// <exception cref="RejectedException">The command was refused; nothing has changed.</exception>
    public async Task<Outcome> Run(Command command, CancellationToken cancel)
    {
        var outcome = await door.Send(command, cancel);
        return outcome.Rejection is { } no ? throw new RejectedException(no) : outcome;
    }

    /// <summary>Looks whether a bucket has room, before its bytes are taken in for nothing: the command asks again.
    /// </summary>
    /// <exception cref="RejectedException">QuotaExceeded.</exception>
    public async ValueTask RequireRoom(BucketName bucket, long bytes, CancellationToken cancel)
    {
        if (await quotas.RefusalOf(bucket, bytes, cancel) is { } no)
            throw new RejectedException(no);
    }

    /// <summary>
    /// Makes the bytes of a staged content durable, or drops them where the same content is held already.
    /// </summary>
    /// <returns>What a command that names the content needs.</returns>
    public async ValueTask<ContentFacts> Keep(StagedContent staged, CancellationToken cancel)
    {
        var hash = ContentHash.FromBytes(staged.Sha256);
        var held = await states.Read(Content.Decider, hash.Stream, cancel);
        staged.Elsewhere = !held.Emptied.IsEmpty;
        return new(
            hash,
            Convert.ToHexStringLower(staged.Sha1),
            staged.Md5 is null ? null : Convert.ToHexStringLower(staged.Md5),
            staged.Size,
            held.Holds ? null : await tier.Keep(staged, cancel)
        );
    }

    /// <summary>As <see cref="Keep(StagedContent, CancellationToken)"/>, and lets an object name the content. Where
    /// that was held when it was looked for and was purged since, these bytes are kept after all.</summary>
    /// <param name="use">Runs the command.</param>
    /// <exception cref="RejectedException">What <paramref name="use"/> throws.</exception>
    public async Task<Outcome> Keep(
        StagedContent staged,
        Func<ContentFacts, Task<Outcome>> use,
        CancellationToken cancel
    )
    {
        for (var attempt = 1; ; attempt++)
        {
            var facts = await Keep(staged, cancel);
            try
            {
                return await use(facts);
            }
            catch (RejectedException no)
                when (no.Rejection.Code == ErrorCode.OperationAborted
                    && facts.Location is null
                    && attempt < KeepAttempts
                )
            {
                continue;
            }
        }
    }

    /// <summary>Keeps a staged part and puts it on record. Bytes that the record does not name are deleted again: those
    /// of a part that is there already, and those of an upload that has ended meanwhile.</summary>
    /// <param name="record">Makes the command, from the part's location.</param>
    /// <exception cref="RejectedException">NoSuchUpload.</exception>
    public async Task<Outcome> AddPart(
        string uploadId,
        int number,
        StagedContent staged,
        Func<string, UploadCommand.AddPart> record,
        CancellationToken cancel
    )
    {
        var location = await tier.KeepPart(uploadId, number, staged, cancel);
        var command = record(location);
        var outcome = await door.Send(command, cancel);
        var recorded = outcome.Rejection is null ? outcome.State<Upload>().Parts[number].Location : null;
        if (recorded != location)
            await tier.Purge(location, CancellationToken.None);
        return outcome.Rejection is { } no ? throw new RejectedException(no) : outcome;
    }

    /// <summary>Puts on record that an object's bytes are not what was kept, whatever becomes of the request, so that
    /// the next writer's bytes replace them. The content as a whole is damaged, where the damage is in a segment of it
    /// too.</summary>
    /// <param name="by">Who met it.</param>
    public async Task ReportDamage(string by, ObjectRow row, ContentDamagedException damage)
    {
        if (row.Location is { } location)
            await Run(
                new ContentCommand.ReportDamage(Context(by), new ContentHash(row.Content), location, damage.Message),
                CancellationToken.None
            );
    }

    /// <summary>An upload as the log has it.</summary>
    public ValueTask<Upload> FindUpload(string uploadId, CancellationToken cancel) =>
        states.Read(Upload.Decider, Upload.StreamOf(uploadId), cancel);

    /// <summary>An aggregate as the log has it, where the read models might be behind.</summary>
    public ValueTask<TState> Read<TState, TCommand, TEvent>(
        Decider<TState, TCommand, TEvent> decider,
        string stream,
        CancellationToken cancel
    )
        where TState : class
        where TEvent : class => states.Read(decider, stream, cancel);

    static string? TraceId => Activity.Current?.TraceId.ToString();

    static readonly Guid ClientKeys = new("5f1c7f0e-6d0c-4b53-9a54-3c1f4a1b7e21");
}
