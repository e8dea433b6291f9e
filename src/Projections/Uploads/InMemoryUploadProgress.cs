using System.Collections.Concurrent;

namespace Varve.Projections.Uploads;

/// <summary>The progress of open uploads, in this process.</summary>
public sealed class InMemoryUploadProgress : IUploadProgress
{
    readonly ConcurrentDictionary<string, Open> uploads = new(StringComparer.Ordinal);

    public ValueTask Begin(string uploadId, UploadTotals totals, CancellationToken cancel)
    {
        uploads.TryAdd(uploadId, new Open(totals));
        return ValueTask.CompletedTask;
    }

    public ValueTask Receive(string uploadId, int number, CancellationToken cancel)
    {
        if (uploads.TryGetValue(uploadId, out var upload))
            lock (upload.Received)
                upload.Received.Add(number);
        return ValueTask.CompletedTask;
    }

    public ValueTask End(string uploadId, CancellationToken cancel)
    {
        uploads.TryRemove(uploadId, out _);
        return ValueTask.CompletedTask;
    }

    public ValueTask<UploadProgress?> Find(string uploadId, CancellationToken cancel)
    {
        if (!uploads.TryGetValue(uploadId, out var upload))
            return ValueTask.FromResult<UploadProgress?>(null);
        lock (upload.Received)
            return ValueTask.FromResult<UploadProgress?>(new(upload.Totals, [.. upload.Received]));
    }

    sealed record Open(UploadTotals Totals)
    {
        public SortedSet<int> Received { get; } = [];
    }
}
