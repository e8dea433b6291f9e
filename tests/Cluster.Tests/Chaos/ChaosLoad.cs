using System.Collections.Concurrent;
using System.Net;
using System.Xml.Linq;
using Varve.Crash.Tests.Kill;
using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Cluster.Tests.Chaos;

/// <summary>
/// Writers of both surfaces that send each request to any of the APIs, send it again where the answer says that this
/// may help, and remember what was acknowledged. Every other answer ends the load with that fault.
/// </summary>
sealed class ChaosLoad : IDisposable
{
    const int Writers = 6;
    const int RestWriters = 2;
    const int NamesEach = 10;
    const int PartSize = 5 << 20;
    const string Bucket = "chaos";
    const string User = "chaos-user";

    static readonly TimeSpan AnswerLimit = TimeSpan.FromMinutes(1);
    static readonly TimeSpan WriteLimit = TimeSpan.FromMinutes(3);
    static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);

    readonly IReadOnlyList<Front> fronts;
    readonly Payload payload = new(seed: 11);
    readonly Slot[][] slots;
    readonly int seed;
    readonly ConcurrentDictionary<string, int> refusals = new();
    ulong generation;

    ChaosLoad(IReadOnlyList<Front> fronts, int seed)
    {
        (this.fronts, this.seed) = (fronts, seed);
        slots =
        [
            .. Enumerable
                .Range(0, Writers)
                .Select(writer =>
                    Enumerable
                        .Range(0, NamesEach)
                        .Select(name => new Slot($"w{writer}-n{name}", rest: writer < RestWriters))
                        .ToArray()
                ),
        ];
    }

    /// <summary>Makes the bucket and the user, and signs in everywhere.</summary>
    public static async Task<ChaosLoad> Open(IReadOnlyList<Member> apis, int seed, CancellationToken cancel)
    {
        using (var s3 = Sign(apis[0], ServerProcess.Root, ServerProcess.Secret, Bucket))
            await s3.EnsureBucket();
        var fronts = new List<Front>();
        (string Access, string Secret)? keys = null;
        foreach (var api in apis)
        {
            var rest = await RestAccount.Open(api.Rest, User, cancel);
            if (keys is null)
            {
                var made = (await rest.Post("/user/keys", null, cancel)).GetProperty("data");
                keys = (made.GetProperty("AccessKey").GetString()!, made.GetProperty("SecretKey").GetString()!);
            }
            fronts.Add(
                new(
                    api,
                    Sign(api, ServerProcess.Root, ServerProcess.Secret, Bucket),
                    Sign(api, keys.Value.Access, keys.Value.Secret, User),
                    rest
                )
            );
        }
        return new(fronts, seed);
    }

    /// <summary>Acknowledged writes, by API.</summary>
    public IReadOnlyList<int> Acknowledged => [.. fronts.Select(front => front.Acknowledged)];

    /// <summary>Answers that a write was tried again after, by API.</summary>
    public IReadOnlyList<int> Refused => [.. fronts.Select(front => front.Refused)];

    /// <summary>How often each kind of answer was met.</summary>
    public IEnumerable<string> Refusals =>
        refusals.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Value} × {one.Key}");

    /// <summary>Writes until told to end, and then until every write begun is acknowledged.</summary>
    public Task Run(CancellationToken end, CancellationToken cancel) =>
        Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => Write(writer, end, cancel), cancel)));

    /// <summary>Reads every name through every API; to be called when the load is over.</summary>
    /// <returns>What is not as it was acknowledged.</returns>
    public async Task<IReadOnlyList<string>> Differences(CancellationToken cancel)
    {
        var wrong = new List<string>();
        foreach (var front in fronts)
        {
            foreach (var slot in slots.SelectMany(own => own))
                if (await slot.Settle(slot.Rest ? front.Home : front.S3, payload, cancel) is { } difference)
                    wrong.Add($"{front.Api.Name}: {difference}");
            var live = slots
                .SelectMany(own => own)
                .Where(slot => slot.Acknowledged is not null)
                .ToLookup(slot => slot.Rest, slot => slot.Name);
            foreach (var (target, names) in new[] { (front.S3, live[false]), (front.Home, live[true]) })
                if (!(await List(target, cancel)).SequenceEqual(names.Order(StringComparer.Ordinal)))
                    wrong.Add($"{front.Api.Name}: the list of {target.Endpoint.Bucket} is another");
        }
        return wrong;
    }

    public void Dispose()
    {
        foreach (var front in fronts)
            front.Dispose();
    }

    async Task Write(int writer, CancellationToken end, CancellationToken cancel)
    {
        var dice = new Random(seed * 31 + writer);
        while (!end.IsCancellationRequested)
        {
            var slot = slots[writer][dice.Next(NamesEach)];
            var before = slot.Acknowledged;
            var next = before is not null && dice.Next(5) == 0 ? null : Draw(slot, dice);
            slot.Begin(next);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(WriteLimit);
            for (
                var again = false;
                !await Try(fronts[dice.Next(fronts.Count)], slot, before, next, again);
                again = true
            )
                await Task.Delay(RetryPause, limit.Token);
            slot.Answered();
        }

        async Task<bool> Try(Front front, Slot slot, Held? before, Held? next, bool again)
        {
            var life = front.Api.Life;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(AnswerLimit);
            try
            {
                await Apply(front, slot, before, next, limit.Token);
            }
            catch (ReplyException missing) when (again && next is null && missing.Status == HttpStatusCode.NotFound)
            {
                // What was not answered has deleted it.
            }
            catch (ReplyException refused) when (MayHelp(refused))
            {
                return Refuse(front, $"{(int?)refused.Status}");
            }
            catch (Exception cut) when (cut is HttpRequestException or IOException)
            {
                if (life is not null && front.Api.Life == life)
                    throw new IOException($"{front.Api.Name} lives, and cut {slot.Name}: {cut.Message}", cut);
                return Refuse(front, "connection lost");
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                throw new TimeoutException($"{front.Api.Name} gives no answer to {slot.Name} = {next}.");
            }
            front.Count();
            return true;
        }
    }

    bool Refuse(Front front, string how)
    {
        front.CountRefusal();
        refusals.AddOrUpdate(how, 1, (_, before) => before + 1);
        return false;
    }

    /// <summary>503; S3's CompleteMultipartUpload says so in a body after its 200.</summary>
    static bool MayHelp(ReplyException refused) =>
        refused.Status == HttpStatusCode.ServiceUnavailable
        || refused.Status is null && refused.Message.Contains("<Code>ServiceUnavailable<", StringComparison.Ordinal);

    Held Draw(Slot slot, Random dice)
    {
        var number = Interlocked.Increment(ref generation);
        return dice.Next(100) switch
        {
            < 3 => new(slot.Name, number, 0),
            < 70 => new(slot.Name, number, dice.Next(16, 32 << 10)),
            < 80 when !slot.Rest => new("shared", number % 4, 20 << 10),
            < 95 => new(slot.Name, number, dice.Next(200 << 10, 1 << 20)),
            _ => new(slot.Name, number, PartSize + dice.Next(16, 1 << 20)),
        };
    }

    Task Apply(Front front, Slot slot, Held? before, Held? next, CancellationToken cancel) =>
        slot.Rest
            ? Apply(front.Rest, slot.Name, before, next, cancel)
            : Apply(front.S3, front.S3.PathOf(slot.Name), next, cancel);

    async Task Apply(Target s3, string path, Held? next, CancellationToken cancel)
    {
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

    static async Task<IEnumerable<string>> List(Target target, CancellationToken cancel)
    {
        var path = $"/{target.Endpoint.Bucket}";
        var xml = await target.Text(HttpMethod.Get, path, "list-type=2", null, SigV4.Unsigned, cancel);
        return XDocument.Parse(xml).Descendants().Where(e => e.Name.LocalName == "Key").Select(e => e.Value);
    }

    static Target Sign(Member api, string access, string secret, string bucket) =>
        new(new Endpoint(api.S3, access, secret, bucket, Plain: false, Pids: []), "us-east-1", connections: 16);

    /// <summary>One API, as the writers see it.</summary>
    /// <param name="Home">The bucket of what is uploaded by REST.</param>
    sealed record Front(Member Api, Target S3, Target Home, RestAccount Rest) : IDisposable
    {
        int acknowledged;
        int refused;

        public int Acknowledged => Volatile.Read(ref acknowledged);

        public int Refused => Volatile.Read(ref refused);

        public void Count() => Interlocked.Increment(ref acknowledged);

        public void CountRefusal() => Interlocked.Increment(ref refused);

        public void Dispose()
        {
            S3.Dispose();
            Home.Dispose();
            Rest.Dispose();
        }
    }
}
