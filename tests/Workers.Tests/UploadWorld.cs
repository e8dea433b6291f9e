using System.Buffers;
using MediatR;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Tiers;
using Varve.Tiers.Disk;

namespace Varve.Workers.Tests;

/// <summary>A log and a disk in a folder of their own, and uploads in them.</summary>
sealed class UploadWorld : IAsyncDisposable
{
    static readonly ObjectId Film = new(BucketName.Parse("films"), ObjectKey.Parse("film"));

    public UploadWorld()
    {
        Folder = Directory.CreateTempSubdirectory("varve-workers-").FullName;
        Events = EmbeddedEventStore.Open(Folder, TimeProvider.System, NullLogger.Instance);
        Disk = DiskTier.Open(new() { Folder = Path.Combine(Folder, "contents") }, NullLogger<DiskTier>.Instance);
        States = new(Events, capacity: 100);
        Door = CommandDoor.Open(
            new CommandLoop(Events, States, TimeSpan.FromSeconds(10)),
            new ValidationBehavior(CommandValidators.All)
        );
    }

    public string Folder { get; }

    public EmbeddedEventStore Events { get; }

    public DiskTier Disk { get; }

    public TieredContents Contents =>
        new([Disk], (_, _) => ValueTask.FromResult<IReadOnlyList<string>>([]), (_, _, _) => Task.CompletedTask);

    public AggregateStates States { get; }

    public IMediator Door { get; }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await Disk.DisposeAsync();
        await Events.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    public Task<Outcome> Do(Command command) => Door.Send(command, Cancel);

    public async Task<string> Begin(DateTimeOffset at)
    {
        await Do(new BucketCommand.Create(ContextAt(at), Film.Bucket, "ana"));
        var id = Guid.CreateVersion7().ToString("N");
        var begun = await Do(
            new UploadCommand.Init(ContextAt(at), id, Film, ObjectAttributes.None, null, null, Plan: null)
        );
        Assert.Null(begun.Rejection);
        return id;
    }

    /// <summary>Uploads a part of 300 KiB, a file of its own.</summary>
    public async Task<UploadEvent.PartUploaded> Part(string upload, int number, byte fill)
    {
        await using var staged = await Disk.Stage(new Filled(fill), new(Checksum: null, SizeMax: 1 << 20), Cancel);
        var location = await Disk.KeepPart(upload, number, staged, Cancel);
        var etag = Convert.ToHexStringLower(staged.Md5!);
        var added = await Do(
            new UploadCommand.AddPart(ContextAt(Now), upload, number, staged.Size, etag, Checksum: null, location)
        );
        return added.State<Upload>().Parts[number];
    }

    public async Task Complete(string upload, params UploadEvent.PartUploaded[] parts)
    {
        var segments = parts.Select(part => new Segment(part.Location, part.Size)).ToList();
        await using var joined = await Disk.Join(upload, segments, Cancel);
        var hash = ContentHash.FromBytes(joined.Sha256);
        var held = (await States.Read(Content.Decider, hash.Stream, Cancel)).Holds;
        var location = held ? null : await Disk.Keep(joined, Cancel);
        var facts = new ContentFacts(hash, Convert.ToHexStringLower(joined.Sha1), null, joined.Size, location);
        var done = await Do(
            new UploadCommand.Complete(
                ContextAt(Now),
                upload,
                Film,
                [.. parts],
                facts,
                Upload.ETagOf([.. parts]),
                null,
                WriteCondition.None
            )
        );
        Assert.Null(done.Rejection);
    }

    public async Task<bool> Holds(UploadEvent.PartUploaded part)
    {
        try
        {
            await using var reader = await Disk.Open(part.Location, part.Size, Cancel);
            return true;
        }
        catch (ContentDamagedException)
        {
            return false;
        }
    }

    public static CommandContext ContextAt(DateTimeOffset at) => new(Guid.CreateVersion7(), "ana", at);

    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    sealed class Filled(byte fill) : IBodySource
    {
        bool done;

        public long? AnnouncedLength => null;

        public ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
        {
            var piece = done ? [] : new byte[300 * 1024];
            piece.AsSpan().Fill(fill);
            done = true;
            return new(new ReadOnlySequence<byte>(piece));
        }
    }
}
