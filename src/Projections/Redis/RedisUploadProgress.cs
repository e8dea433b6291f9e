using System.Globalization;
using StackExchange.Redis;

namespace Varve.Projections.Redis;

/// <summary>The progress of open uploads, as hashes <c>MP_&lt;uploadid&gt;</c> with the documented fields. Any of it
/// may be lost: who finds nothing asks the log.</summary>
public sealed class RedisUploadProgress(RedisServer server) : IUploadProgress
{
    /// <summary>After the last part; longer than an upload stays open.</summary>
    static readonly TimeSpan Expiry = TimeSpan.FromDays(8);

    const string ChunkCount = "chunkcount";
    const string FileHash = "filehash";
    const string FileSize = "filesize";
    const string ChunkPrefix = "chkidx_";

    public async ValueTask Begin(string uploadId, UploadTotals totals, CancellationToken cancel)
    {
        var batch = server.Database.CreateBatch();
        var set = batch.HashSetAsync(
            KeyOf(uploadId),
            [new(ChunkCount, totals.ChunkCount), new(FileHash, totals.FileHash), new(FileSize, totals.FileSize)]
        );
        var expire = batch.KeyExpireAsync(KeyOf(uploadId), Expiry);
        batch.Execute();
        await Task.WhenAll(set, expire).WaitAsync(cancel);
    }

    public async ValueTask Receive(string uploadId, int number, CancellationToken cancel)
    {
        var batch = server.Database.CreateBatch();
        var set = batch.HashSetAsync(KeyOf(uploadId), ChunkPrefix + number.ToString(CultureInfo.InvariantCulture), 1);
        var expire = batch.KeyExpireAsync(KeyOf(uploadId), Expiry);
        batch.Execute();
        await Task.WhenAll(set, expire).WaitAsync(cancel);
    }

    public async ValueTask End(string uploadId, CancellationToken cancel) =>
        await server.Database.KeyDeleteAsync(KeyOf(uploadId)).WaitAsync(cancel);

    public async ValueTask<UploadProgress?> Find(string uploadId, CancellationToken cancel)
    {
        try
        {
            var fields = await server.Database.HashGetAllAsync(KeyOf(uploadId)).WaitAsync(cancel);
            return ProgressOf(fields.ToDictionary(field => (string)field.Name!, field => (string)field.Value!));
        }
        catch (Exception down) when (down is RedisException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Null where the upload's beginning is not there.</summary>
    static UploadProgress? ProgressOf(Dictionary<string, string> fields)
    {
        if (
            !fields.TryGetValue(FileHash, out var hash)
            || !int.TryParse(fields.GetValueOrDefault(ChunkCount), CultureInfo.InvariantCulture, out var count)
            || !long.TryParse(fields.GetValueOrDefault(FileSize), CultureInfo.InvariantCulture, out var size)
        )
            return null;
        var received = new SortedSet<int>();
        foreach (var name in fields.Keys)
            if (
                name.StartsWith(ChunkPrefix, StringComparison.Ordinal)
                && int.TryParse(name.AsSpan(ChunkPrefix.Length), CultureInfo.InvariantCulture, out var number)
            )
                received.Add(number);
        return new(new UploadTotals(count, hash, size), [.. received]);
    }

    static RedisKey KeyOf(string uploadId) => $"MP_{uploadId}";
}
