using System.Collections.Concurrent;
using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Crash.Tests.Kill;

/// <summary>Writers of both surfaces that remember what was acknowledged, over any number of server lives.</summary>
sealed class CrashLoad
{
    const int Writers = 8;
    const int NamesEach = 10;
    const int RestWriters = 3;
    const int PartSize = 5 << 20;

    readonly Payload payload = new(seed: 7);
    readonly Slot[][] slots;
    readonly Random[] random;
    readonly ConcurrentQueue<string> faults = [];
    ulong generation;
    int acknowledged;
    volatile bool ending;

    public CrashLoad(int seed)
    {
        slots =
        [
            .. Enumerable
                .Range(0, Writers)
                .Select(w =>
                    Enumerable
                        .Range(0, NamesEach)
                        .Select(n => new Slot(w < RestWriters ? $"w{w}-n{n}" : $"w{w}/n{n}", w < RestWriters))
                        .ToArray()
                ),
        ];
        random = [.. Enumerable.Range(0, Writers).Select(w => new Random((seed * 31) + w))];
    }

    public Payload Payload => payload;

    public int Acknowledged => acknowledged;

    /// <summary>Answers that no crash excuses.</summary>
    public IReadOnlyCollection<string> Faults => faults;

    public IEnumerable<Slot> Slots => slots.SelectMany(own => own);

    /// <summary>Writes until <see cref="EndIsNear"/> was said and the server is gone.</summary>
    public Task Run(Target s3, RestAccount rest, CancellationToken cancel)
    {
        ending = false;
        return Task.WhenAll(
            Enumerable.Range(0, Writers).Select(w => Task.Run(() => Write(w, s3, rest, cancel), cancel))
        );
    }

    /// <summary>From now on a broken connection is no fault.</summary>
    public void EndIsNear() => ending = true;

    async Task Write(int writer, Target s3, RestAccount rest, CancellationToken cancel)
    {
        var dice = random[writer];
        while (true)
        {
            var slot = slots[writer][dice.Next(NamesEach)];
            var next = slot.Acknowledged is not null && dice.Next(5) == 0 ? null : Draw(slot, dice);
            var before = slot.Acknowledged;
            slot.Begin(next);
            try
            {
                await (slot.Rest ? Apply(rest, slot.Name, before, next, cancel) : Apply(s3, slot.Name, next, cancel));
                slot.Answered();
                Interlocked.Increment(ref acknowledged);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                if (!ending)
                    faults.Enqueue($"{slot.Name}: {e.Message}");
                return;
            }
            catch (ReplyException e)
            {
                faults.Enqueue($"{slot.Name}: {e.Message}");
                return;
            }
        }
    }

    Held Draw(Slot slot, Random dice)
    {
        var number = Interlocked.Increment(ref generation);
        return dice.Next(100) switch
        {
            < 3 => new(slot.Name, number, 0),
            < 60 => new(slot.Name, number, dice.Next(16, 32 << 10)),
            < 70 when !slot.Rest => new("shared", number % 4, 20 << 10),
            < 90 => new(slot.Name, number, dice.Next(200 << 10, 2 << 20)),
            _ => new(slot.Name, number, PartSize + dice.Next(16, 2 << 20)),
        };
    }

    async Task Apply(Target s3, string name, Held? next, CancellationToken cancel)
    {
        var path = s3.PathOf(name);
        if (next is null)
            (await s3.Send(HttpMethod.Delete, path, stop: cancel)).Dispose();
        else if (next.Size > PartSize)
            await (await S3Upload.Begin(s3, path, next.Body(payload), PartSize, cancel)).Finish(s3, cancel);
        else
            (
                await s3.Send(HttpMethod.Put, path, "", new BodyContent(next.Body(payload), 0, next.Size), stop: cancel)
            ).Dispose();
    }

    async Task Apply(RestAccount rest, string name, Held? before, Held? next, CancellationToken cancel)
    {
        if (next is null)
        {
            var hash = Bodies.Sha1(before!.Body(payload));
            await rest.Post($"/file/delete?filehash={hash}&filename={Uri.EscapeDataString(name)}", null, cancel);
        }
        else if (next.Size > PartSize)
            await rest.UploadInParts(name, next.Body(payload), parallel: 1, cancel);
        else
            await rest.Upload(name, new BodyContent(next.Body(payload), 0, next.Size), cancel);
    }
}
