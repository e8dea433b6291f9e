using Amazon.S3.Model;
using Varve.Domain;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.S3;

/// <summary>One body on its way in: gathered in memory up to the size of a part; what is larger is sent on part by
/// part, some at a time, while the next is gathered and hashed.</summary>
/// <param name="memory">A turn for each part in memory. Who waits for one holds none but those of parts under way,
/// which end by themselves: nobody waits for somebody who waits.</param>
sealed class S3Staging(S3TierOptions tier, S3Store store, SemaphoreSlim memory, StageOptions options)
{
    /// <summary>Bodies up to this size, in bytes, need no turn.</summary>
    const int FreeBytes = 256 * 1024;

    const int PartsUnderWay = 4;
    const int PartsMax = 10_000;

    readonly ContentHasher hasher = ContentHasher.Rent(options.Checksum);
    readonly Queue<Task<PartETag>> underWay = new();
    readonly List<PartETag> parts = [];
    CancellationTokenSource? sending;
    GatheredBytes? gathered;
    bool holdsTurn;
    string? key;
    string? uploadId;
    int numbers;
    ulong crc64;
    long size;

    public async ValueTask<StagedContent> Run(IBodySource body, CancellationToken cancel)
    {
        using var stop = sending = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            RefuseAbove(body.AnnouncedLength ?? 0);
            gathered = new(body.AnnouncedLength ?? 0);
            while (await body.Next(cancel) is { IsEmpty: false } pieces)
            {
                RefuseAbove(size + pieces.Length);
                foreach (var piece in pieces)
                    await Take(piece, cancel);
            }
            return await Done(cancel);
        }
        catch
        {
            hasher.Abandon();
            await Discard(stop);
            throw;
        }
    }

    async ValueTask Take(ReadOnlyMemory<byte> piece, CancellationToken cancel)
    {
        hasher.Append(piece.Span);
        crc64 = Crc.Crc64Nvme.Append(crc64, piece.Span);
        size += piece.Length;
        while (piece.Length > 0)
        {
            if (gathered!.Length == tier.PartBytes)
                await SendOn(cancel);
            var room = (holdsTurn ? tier.PartBytes : Math.Min(FreeBytes, tier.PartBytes)) - gathered.Length;
            if (room == 0)
            {
                // A slow sender may hold its turn for long: better a refusal that says so than a wait without end.
                if (!await memory.WaitAsync(tier.Patience, cancel))
                    throw new TierUnavailableException(tier.Name, $"{tier.PartsInMemory} parts are in memory already");
                holdsTurn = true;
                continue;
            }
            var taken = (int)Math.Min(piece.Length, room);
            gathered.Append(piece.Span[..taken]);
            piece = piece[taken..];
        }
    }

    async ValueTask SendOn(CancellationToken cancel)
    {
        if (numbers == PartsMax)
            throw new RejectedException(
                ErrorCode.EntityTooLarge,
                $"More than {PartsMax} parts of {tier.PartBytes} bytes."
            );
        key ??= S3Location.KeyFor(tier, options.Sha256);
        uploadId ??= await store.BeginUpload(key, cancel);
        if (underWay.Count == PartsUnderWay)
            parts.Add(await underWay.Dequeue());
        underWay.Enqueue(Send(++numbers, gathered!, holdsTurn, sending!.Token));
        (gathered, holdsTurn) = (new(tier.PartBytes), false);
    }

    async Task<PartETag> Send(int number, GatheredBytes bytes, bool heldTurn, CancellationToken cancel)
    {
        try
        {
            return await store.PutPart(key!, uploadId!, number, bytes, cancel);
        }
        finally
        {
            bytes.Return();
            if (heldTurn)
                memory.Release();
        }
    }

    async ValueTask<StagedContent> Done(CancellationToken cancel)
    {
        if (uploadId is not null)
        {
            await SendOn(cancel);
            while (underWay.TryDequeue(out var part))
                parts.Add(await part);
        }
        var hashes = hasher.Finish();
        if (uploadId is not null)
            return new SentContent(store, key!, uploadId, parts)
            {
                Size = size,
                Sha256 = hashes.Sha256,
                Sha1 = hashes.Sha1,
                Md5 = hashes.Md5,
                Checksum = hashes.Checksum,
                Crc64 = crc64,
            };
        return new HeldContent(gathered!, holdsTurn ? memory : null)
        {
            Size = size,
            Sha256 = hashes.Sha256,
            Sha1 = hashes.Sha1,
            Md5 = hashes.Md5,
            Checksum = hashes.Checksum,
            Crc64 = crc64,
        };
    }

    /// <summary>Nothing stays behind; where the server is out of reach, its parts are swept later.</summary>
    async ValueTask Discard(CancellationTokenSource stop)
    {
        await stop.CancelAsync();
        foreach (var part in underWay)
            await ((Task)part).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        gathered?.Return();
        if (holdsTurn)
            memory.Release();
        if (uploadId is not null)
            await SentContent.Abandon(store, key!, uploadId);
    }

    void RefuseAbove(long bytes)
    {
        if (bytes > options.SizeMax)
            throw new RejectedException(ErrorCode.EntityTooLarge, $"More than {options.SizeMax} bytes.");
    }
}
