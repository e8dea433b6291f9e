using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Projections.Runner;

namespace Varve.EventLog;

/// <summary>All read models from a log of object events; and what a subscriber so far behind takes of memory.</summary>
static class Rebuild
{
    const int PerAppend = 500;
    const double MiB = 1 << 20;

    static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static async Task<string> Run(string folder, int events, CancellationToken cancel)
    {
        await using var store = EmbeddedEventStore.Open(folder, TimeProvider.System, NullLogger.Instance);
        await Fill(store, events, cancel);
        var (heap, working) = await Memory(store, cancel);
        var begun = Stopwatch.GetTimestamp();
        var generations = new ReadGenerations(folder, store, NullLogger<ReadGenerations>.Instance);
        await using var rebuilt = await generations.Rebuild(progress: null, cancel);
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            catch-up from {events} events behind: managed heap {heap} MiB, resident set grew by {working} MiB at most
            rebuild of all read models: {seconds:0.0} s for {events} object events, {events / seconds:0} events/s
            """
        );
    }

    /// <summary>Puts of ten thousand folders, each key once.</summary>
    static async Task Fill(EmbeddedEventStore store, int events, CancellationToken cancel)
    {
        var made = new BucketEvent.Created("ana", Noon);
        await store.Append([new("bucket-photos", ExpectedRevision.NoStream, [Encoded(made)])], cancel);
        for (var i = 0; i < events; i += PerAppend)
            await store.Append(
                [
                    .. Enumerable
                        .Range(i, PerAppend)
                        .Select(n => new StreamAppend(
                            $"object-photos/{n % 10_000:D5}/{n:D7}",
                            ExpectedRevision.NoStream,
                            [Encoded(Put(n))]
                        )),
                ],
                cancel
            );
    }

    /// <summary>The most that there was at the end of a batch, after what could be collected was.</summary>
    static async Task<(long Heap, long WorkingSet)> Memory(EmbeddedEventStore store, CancellationToken cancel)
    {
        var (head, before, heap, working) = (await store.Head(cancel), WorkingSet(), 0L, 0L);
        var looked = 0;
        await foreach (var batch in store.Subscribe(Position.Start, ["object-"], cancel))
        {
            if (looked++ % 50 == 0)
            {
                heap = Math.Max(heap, GC.GetTotalMemory(forceFullCollection: true));
                working = Math.Max(working, WorkingSet() - before);
            }
            if (batch.Upto >= head)
                break;
        }
        return ((long)(heap / MiB), (long)(working / MiB));
    }

    static long WorkingSet()
    {
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }

    static ObjectEvent.Put Put(int number) =>
        new(
            Convert.ToHexStringLower(Guid.CreateVersion7().ToByteArray()),
            Hex(number, 64),
            Hex(number, 40),
            4096,
            Hex(number, 32),
            new ObjectAttributes("image/jpeg"),
            Checksum: null,
            ObjectOrigin.Put,
            Source: null,
            Noon.AddMilliseconds(number)
        );

    static string Hex(int number, int digits) => number.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');

    static NewEvent Encoded(object @event)
    {
        var row = EventCatalog.RowOf(@event);
        var metadata = new EventMetadata(Noon, "ana", Guid.CreateVersion7(), CorrelationId: null);
        return new(Guid.CreateVersion7(), row.Name, row.Encode(@event), metadata.Encode());
    }
}
