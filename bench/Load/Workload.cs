using System.Diagnostics;
using System.Net;
using System.Text;

namespace Varve.Load;

/// <summary>What belongs to one of the concurrent loops: nothing here is shared.</summary>
public sealed class Worker(int index, ulong seed)
{
    public int Index { get; } = index;
    public Random Random { get; } = new((int)(seed * 7919) + index);
    public byte[] Buffer { get; } = new byte[1 << 20];

    /// <summary>Latencies of the good operations of the round, in Stopwatch ticks.</summary>
    public List<long> Latencies { get; } = [];

    /// <summary>When what is timed began, in Stopwatch ticks.</summary>
    public long Begun { get; set; }

    public long Bytes { get; set; }
    public long Compared { get; set; }

    /// <summary>Keys that this loop's mixed puts made and its deletes have not taken yet.</summary>
    public Stack<string> Own { get; } = [];
}

/// <summary>The operations against one server, on one set of keys.</summary>
public sealed class Workload
{
    const int ReadLength = 256 << 10;
    const string Root = "varve-load/";

    readonly Options _options;
    readonly Target _target;
    readonly Payload _payload;
    readonly string[] _keys;
    readonly string _run = $"{Root}run-{TimeProvider.System.GetUtcNow():yyyyMMddHHmmssfff}/";
    readonly Op[] _deck;
    long _puts;
    ulong _generation = (ulong)TimeProvider.System.GetUtcNow().UtcTicks;

    public Workload(Options options, Target target, Payload payload)
    {
        (_options, _target, _payload) = (options, target, payload);
        // The name says everything that the content depends on, so an object found there can be used as it is.
        _keys =
        [
            .. Enumerable
                .Range(0, options.Objects)
                .Select(i => $"{Root}set-{options.Seed}-{options.Size}-{options.Objects}/{i / 1000:D5}/{i % 1000:D3}"),
        ];
        _deck = [.. options.Mix.SelectMany(m => Enumerable.Repeat(m.Op, m.Weight))];
    }

    /// <summary>True when the operation reads or removes objects that must be there before.</summary>
    bool NeedsObjects =>
        _options.Op switch
        {
            Op.Put or Op.Multipart or Op.Seed or Op.Reread => false,
            Op.Mixed => _options.Mix.Any(m => m.Op is Op.Get or Op.Head or Op.List),
            _ => true,
        };

    /// <summary>Makes the bucket and puts what is missing of the set.</summary>
    public async Task Prepare()
    {
        await _target.EnsureBucket();
        if (!NeedsObjects || _options.Ready)
            return;
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Math.Min(16, _options.Concurrency) };
        await Parallel.ForEachAsync(
            _keys,
            parallel,
            async (key, stop) =>
            {
                using (
                    var head = await _target.Ask(HttpMethod.Head, _target.PathOf(key), "", null, SigV4.Unsigned, stop)
                )
                    if (head.IsSuccessStatusCode && head.Content.Headers.ContentLength == _options.Size)
                        return;
                await Put(key, stop);
            }
        );
    }

    /// <summary>Deletes whatever this tool left in the bucket, of this run and others.</summary>
    public async Task Cleanup()
    {
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 16 };
        if (_target.Endpoint.Plain)
        {
            await Parallel.ForEachAsync(
                Made(),
                parallel,
                async (key, stop) =>
                    (
                        await _target.Ask(HttpMethod.Delete, _target.PathOf(key), "", null, SigV4.Unsigned, stop)
                    ).Dispose()
            );
            return;
        }
        for (; ; )
        {
            var page = await _target.Text(
                HttpMethod.Get,
                $"/{_target.Endpoint.Bucket}",
                $"list-type=2&max-keys=1000&prefix={Uri.EscapeDataString(Root)}",
                null,
                SigV4.Unsigned,
                default
            );
            var keys = All(page, "Key").ToList();
            if (keys.Count == 0)
                return;
            await Parallel.ForEachAsync(keys, parallel, async (key, stop) => await Delete(key, stop));
        }
    }

    // What a plain server can't list: the set, or what put has made.
    IEnumerable<string> Made() =>
        NeedsObjects ? _keys : Enumerable.Range(0, (int)Math.Min(_puts, _options.Objects)).Select(PutKey);

    /// <summary>Runs one operation.</summary>
    /// <param name="number">0, 1, 2, ... within the round.</param>
    /// <returns>Bytes of content sent or received.</returns>
    /// <exception cref="ReplyException">An unexpected status, length or content.</exception>
    public Task<long> Run(Worker worker, long number, CancellationToken stop) =>
        _options.Op switch
        {
            Op.Put => Put(NextPut(), stop),
            Op.Multipart => Multipart(NextPut(), stop),
            Op.Reread => Reread(NextPut(), worker, stop),
            Op.Seed => Put(_keys[number], stop),
            Op.Delete => Delete(_keys[number], stop),
            Op.Mixed => Mixed(worker, stop),
            var op => Read(op, worker, stop),
        };

    string NextPut() => PutKey((int)((Interlocked.Increment(ref _puts) - 1) % _options.Objects));

    string PutKey(int i) => $"{_run}{i:D8}";

    Task<long> Read(Op op, Worker worker, CancellationToken stop) =>
        op switch
        {
            Op.Get => Get(AnyKey(worker), worker, stop),
            Op.Head => Head(AnyKey(worker), stop),
            Op.List => List(worker, stop),
            _ => throw new ArgumentOutOfRangeException(nameof(op), op, null),
        };

    string AnyKey(Worker worker) => _keys[worker.Random.Next(_keys.Length)];

    Task<long> Mixed(Worker worker, CancellationToken stop)
    {
        var op = _deck[worker.Random.Next(_deck.Length)];
        if (op == Op.Delete && worker.Own.TryPop(out var own))
            return Delete(own, stop);
        if (op is not (Op.Put or Op.Delete))
            return Read(op, worker, stop);
        // A delete that has nothing to take makes something: so the loops never race for a key.
        var key = $"{_run}{worker.Index}-{Interlocked.Increment(ref _puts)}";
        worker.Own.Push(key);
        return Put(key, stop);
    }

    async Task<long> Put(string key, CancellationToken stop)
    {
        var body = _payload.Of(key, Interlocked.Increment(ref _generation), _options.Size);
        using var reply = await _target.Send(
            HttpMethod.Put,
            _target.PathOf(key),
            "",
            new BodyContent(body, 0, body.Size),
            HashOf(body, 0, body.Size),
            stop
        );
        return body.Size;
    }

    async Task<long> Reread(string key, Worker worker, CancellationToken stop)
    {
        await Put(key, stop);
        worker.Begun = Stopwatch.GetTimestamp();
        return await Get(key, worker, stop);
    }

    async Task<long> Get(string key, Worker worker, CancellationToken stop)
    {
        using var reply = await _target.Send(HttpMethod.Get, _target.PathOf(key), stop: stop);
        await using var stream = await reply.Content.ReadAsStreamAsync(stop);
        var compare = worker.Random.NextDouble() < _options.Verify;
        var buffer = worker.Buffer.AsMemory(0, ReadLength);
        var position = 0L;
        Body body = default;
        for (; ; )
        {
            var read =
                position == 0
                    ? await stream.ReadAtLeastAsync(buffer, Body.Stamp, throwOnEndOfStream: false, stop)
                    : await stream.ReadAsync(buffer, stop);
            if (read == 0)
                break;
            if (compare)
            {
                if (position == 0)
                    body = _payload.Claimed(key, buffer.Span[..read], _options.Size);
                if (!body.Matches(position, buffer.Span[..read]))
                    throw new ReplyException($"GET {key}: wrong bytes in [{position}, {position + read})");
            }
            position += read;
        }
        if (position != _options.Size)
            throw new ReplyException($"GET {key}: {position} bytes, not {_options.Size}");
        if (compare)
            worker.Compared++;
        return position;
    }

    async Task<long> Head(string key, CancellationToken stop)
    {
        using var reply = await _target.Send(HttpMethod.Head, _target.PathOf(key), stop: stop);
        return reply.Content.Headers.ContentLength == _options.Size
            ? 0
            : throw new ReplyException(
                $"HEAD {key}: length {reply.Content.Headers.ContentLength}, not {_options.Size}"
            );
    }

    async Task<long> Delete(string key, CancellationToken stop)
    {
        using var reply = await _target.Send(HttpMethod.Delete, _target.PathOf(key), stop: stop);
        return 0;
    }

    async Task<long> List(Worker worker, CancellationToken stop)
    {
        var set = _keys[0][..(_keys[0].IndexOf('/', Root.Length) + 1)];
        var prefix = set + _options.ListPrefix;
        var query = $"list-type=2&max-keys={_options.ListKeys}&prefix={Uri.EscapeDataString(prefix)}";
        // A full page from a random place: every page has the same number of keys, and that is checked.
        var whole = _options is { ListPrefix: "", Delimiter: "" };
        var expected = whole ? Math.Min(_options.ListKeys, _keys.Length) : 1;
        var before = whole ? worker.Random.Next(-1, _keys.Length - expected) : -1;
        // A query is signed in the order of its names.
        if (_options.Delimiter.Length > 0)
            query = $"delimiter={Uri.EscapeDataString(_options.Delimiter)}&{query}";
        if (before >= 0)
            query += $"&start-after={Uri.EscapeDataString(_keys[before])}";
        using var reply = await _target.Send(HttpMethod.Get, $"/{_target.Endpoint.Bucket}", query, stop: stop);
        await using var stream = await reply.Content.ReadAsStreamAsync(stop);
        var length = await stream.ReadAtLeastAsync(
            worker.Buffer,
            worker.Buffer.Length,
            throwOnEndOfStream: false,
            stop
        );
        var page = worker.Buffer.AsSpan(0, length);
        var found = page.Count("<Key>"u8) + page.Count("<CommonPrefixes>"u8);
        return (whole ? found == expected : found >= expected)
            ? length
            : throw new ReplyException($"list: {found} keys, not {expected}");
    }

    async Task<long> Multipart(string key, CancellationToken stop)
    {
        var path = _target.PathOf(key);
        var body = _payload.Of(key, Interlocked.Increment(ref _generation), _options.Size);
        var begun = await _target.Text(HttpMethod.Post, path, "uploads=", null, HashOf([]), stop);
        var id = Uri.EscapeDataString(All(begun, "UploadId").First());
        var tags = new string[(body.Size + _options.Part - 1) / _options.Part];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = _options.Parallel, CancellationToken = stop };
        await Parallel.ForAsync(
            0,
            tags.Length,
            parallel,
            async (i, partStop) =>
            {
                var start = i * _options.Part;
                var length = Math.Min(_options.Part, body.Size - start);
                using var reply = await _target.Send(
                    HttpMethod.Put,
                    path,
                    $"partNumber={i + 1}&uploadId={id}",
                    new BodyContent(body, start, length),
                    HashOf(body, start, length),
                    partStop
                );
                tags[i] = reply.Headers.NonValidated["ETag"].ToString();
            }
        );
        var parts = tags.Select((tag, i) => $"<Part><PartNumber>{i + 1}</PartNumber><ETag>{tag}</ETag></Part>");
        var xml = Encoding.UTF8.GetBytes(
            $"<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
                + $"{string.Concat(parts)}</CompleteMultipartUpload>"
        );
        var done = await _target.Text(
            HttpMethod.Post,
            path,
            $"uploadId={id}",
            new ByteArrayContent(xml),
            HashOf(xml),
            stop
        );
        // S3 may say 200 first and fail after.
        return done.Contains("<CompleteMultipartUploadResult")
            ? body.Size
            : throw new ReplyException($"complete {key}: {done}");
    }

    string HashOf(Body body, long start, long length) =>
        _options.SignPayload ? body.Sha256(start, length) : SigV4.Unsigned;

    string HashOf(byte[] content) =>
        _options.SignPayload
            ? Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content))
            : SigV4.Unsigned;

    static IEnumerable<string> All(string xml, string element)
    {
        for (var at = 0; (at = xml.IndexOf($"<{element}>", at, StringComparison.Ordinal)) >= 0; )
        {
            at += element.Length + 2;
            yield return WebUtility.HtmlDecode(xml[at..xml.IndexOf('<', at)]);
        }
    }
}
