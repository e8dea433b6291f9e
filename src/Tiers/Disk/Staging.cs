using System.Buffers;
using Varve.Domain;
using Varve.Tiers.Checksums;

namespace Varve.Tiers.Disk;

/// <summary>One body on its way in: gathered in memory while it is small, in a file from then on.</summary>
sealed class Staging(int smallSizeMax, DiskFolders folders, StageOptions options)
{
    /// <summary>The first buffer, whatever the sender announced: who sends nothing costs little.</summary>
    const int FirstBufferBytes = 16 * 1024;

    readonly ContentHasher hasher = ContentHasher.Rent(options.Checksum, options.Md5);
    byte[]? record;
    UnfinishedFile? file;
    bool announcedLarge;
    long size;

    public async ValueTask<StagedContent> Run(IBodySource body, CancellationToken cancel)
    {
        try
        {
            RefuseAbove(body.AnnouncedLength ?? 0);
            announcedLarge = body.AnnouncedLength > smallSizeMax;
            while (await body.Next(cancel) is { IsEmpty: false } pieces)
                Take(pieces);
            return Done();
        }
        catch
        {
            hasher.Abandon();
            if (record is not null)
                ArrayPool<byte>.Shared.Return(record);
            if (file is not null)
            {
                file.Dispose();
                File.Delete(file.Path);
            }
            throw;
        }
    }

    void Take(ReadOnlySequence<byte> pieces)
    {
        RefuseAbove(size + pieces.Length);
        foreach (var piece in pieces)
            hasher.Append(piece.Span);

        if (file is null && !announcedLarge && size + pieces.Length <= smallSizeMax)
        {
            Gather(pieces);
        }
        else
        {
            file ??= Spill();
            file.Append(pieces);
        }
        size += pieces.Length;
    }

    void Gather(ReadOnlySequence<byte> pieces)
    {
        var used = VolumeRecord.HeaderBytes + (int)size;
        var needed = VolumeRecord.Padded((int)(size + pieces.Length));
        if (record is null || record.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, record?.Length * 2 ?? FirstBufferBytes));
            if (record is not null)
            {
                record.AsSpan(0, used).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(record);
            }
            record = larger;
        }
        pieces.CopyTo(record.AsSpan(used));
    }

    UnfinishedFile Spill()
    {
        var spilled = new UnfinishedFile(folders.NewTemp());
        if (record is null)
            return spilled;
        file = spilled; // from here on a failure deletes it
        spilled.Append(new ReadOnlySequence<byte>(record, VolumeRecord.HeaderBytes, (int)size));
        ArrayPool<byte>.Shared.Return(record);
        record = null;
        return spilled;
    }

    StagedContent Done()
    {
        var hashes = hasher.Finish();
        if (file is not null)
            return new LargeContent(file)
            {
                Size = size,
                Sha256 = hashes.Sha256,
                Sha1 = hashes.Sha1,
                Md5 = hashes.Md5,
                Checksum = hashes.Checksum,
            };
        return new SmallContent(record ?? ArrayPool<byte>.Shared.Rent(VolumeRecord.HeaderBytes))
        {
            Size = size,
            Sha256 = hashes.Sha256,
            Sha1 = hashes.Sha1,
            Md5 = hashes.Md5,
            Checksum = hashes.Checksum,
        };
    }

    void RefuseAbove(long bytes)
    {
        if (bytes > options.SizeMax)
            throw new RejectedException(ErrorCode.EntityTooLarge, $"More than {options.SizeMax} bytes.");
    }
}
