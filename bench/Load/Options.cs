using System.Globalization;

namespace Varve.Load;

/// <summary>What one request does. <see cref="Mixed"/> draws each from <see cref="Options.Mix"/>.</summary>
public enum Op
{
    Put,
    Get,
    Head,
    Delete,
    List,

    /// <summary>Puts each key of the set once; the reads then find it there.</summary>
    Seed,
    Mixed,
    Multipart,

    /// <summary>Puts a key and reads it at once; the read alone is timed.</summary>
    Reread,
}

/// <summary>A server under test: where it is, who signs, and which processes to charge CPU time to.</summary>
/// <param name="Url">Scheme, host and port.</param>
/// <param name="Plain">True: plain HTTP on a path, unsigned (a static file server, WebDAV).</param>
/// <param name="Pids">The server's processes; empty when unknown.</param>
public sealed record Endpoint(Uri Url, string Access, string Secret, string Bucket, bool Plain, int[] Pids);

/// <summary>The command line was wrong; the message says how.</summary>
public sealed class UsageException(string message) : Exception(message);

/// <summary>The command line, checked.</summary>
public sealed record Options
{
    public const string Help = """
        load: a closed-loop load generator for S3 servers

          load --endpoint URL --access KEY --secret SECRET --bucket NAME --op OP [options]

        What to send
          --op OP             put | get | head | delete | list | mixed | multipart | seed | reread
                              (reread: each put is read at once, and the read alone is timed)
          --size SIZE         object size: 4KiB, 1MiB, 64MiB, ... (4KiB)
          --objects N         keys in the set (reads: 1000 or 1 GiB; puts: 100000 or 4 GiB, then they overwrite)
          --ready             the set is there already, as --op seed made it: do not look for each key
          --concurrency C     requests in flight; for multipart, uploads in flight (16)
          --duration SEC      measured time of a round (10)
          --warmup SEC        unmeasured time before the first round (2)
          --rounds N          rounds (1; 5 with --vs)
          --max-ops N         end a round after N operations (no limit)
          --part SIZE         multipart: part size (8MiB)
          --parallel N        multipart: parts in flight per upload (4)
          --list-keys N       list: keys per page (1000)
          --list-prefix TEXT  list: the first page under this folder of the set, such as 00042/ (random pages)
          --delimiter TEXT    list: fold keys at this text (none)
          --mix LIST          mixed: weights (get=45,head=30,put=15,delete=10)

        How to send it
          --payload MODE      unsigned | signed: x-amz-content-sha256 (unsigned)
          --region NAME       (us-east-1)
          --plain             no signing, no bucket: plain PUT/GET/HEAD/DELETE on /BUCKET/KEY
          --seed N            seed of keys and contents (1)
          --verify FRACTION   share of GETs compared byte for byte (0.1)
          --timeout SEC       grace for requests still in flight at the end of a round (60)
          --cleanup           delete all objects of this tool in the bucket at the end

        Side by side: rounds go A B A B ...
          --vs URL            second endpoint; --access2, --secret2, --bucket2 default to the first's
          --plain2            the second is plain HTTP

        Reporting
          --pid P,P...        the server's processes: adds its CPU time per operation (--pid2 for the second)
          --label TEXT        name of the first endpoint in the report (--label2 for the second)
          --json              one JSON object on stdout instead of text

        Exit status: 0 all good; 1 errors (any reply but 2xx, wrong bytes, a broken connection); 2 bad usage.
        """;

    public required Endpoint A { get; init; }
    public Endpoint? B { get; init; }
    public required string LabelA { get; init; }
    public required string LabelB { get; init; }
    public required Op Op { get; init; }
    public required long Size { get; init; }
    public required int Objects { get; init; }
    public required int Concurrency { get; init; }
    public required TimeSpan Duration { get; init; }
    public required TimeSpan Warmup { get; init; }
    public required TimeSpan Timeout { get; init; }
    public required int Rounds { get; init; }
    public required long MaxOps { get; init; }
    public required long Part { get; init; }
    public required int Parallel { get; init; }
    public required int ListKeys { get; init; }

    /// <summary>Behind the set's own prefix, and none for random pages of the whole set.</summary>
    public required string ListPrefix { get; init; }
    public required string Delimiter { get; init; }
    public required (Op Op, int Weight)[] Mix { get; init; }
    public required bool SignPayload { get; init; }
    public required string Region { get; init; }
    public required ulong Seed { get; init; }
    public required double Verify { get; init; }
    public required bool Cleanup { get; init; }

    /// <summary>The set is there already: nobody looks.</summary>
    public required bool Ready { get; init; }
    public required bool Json { get; init; }

    static readonly HashSet<string> Flags = ["plain", "plain2", "cleanup", "json", "ready"];

    static readonly HashSet<string> Values =
    [
        "endpoint",
        "access",
        "secret",
        "bucket",
        "vs",
        "access2",
        "secret2",
        "bucket2",
        "pid",
        "pid2",
        "label",
        "label2",
        "op",
        "size",
        "objects",
        "concurrency",
        "duration",
        "warmup",
        "rounds",
        "max-ops",
        "part",
        "parallel",
        "list-keys",
        "list-prefix",
        "delimiter",
        "mix",
        "payload",
        "region",
        "seed",
        "verify",
        "timeout",
    ];

    /// <exception cref="UsageException">An option is unknown, missing or out of range.</exception>
    public static Options Parse(string[] args)
    {
        var given = new Dictionary<string, string>();
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i].StartsWith("--") ? args[i][2..] : throw new UsageException($"Not an option: {args[i]}");
            if (Flags.Contains(name))
                given[name] = "";
            else if (!Values.Contains(name))
                throw new UsageException($"Unknown option --{name}; see --help");
            else if (i + 1 == args.Length)
                throw new UsageException($"--{name} needs a value");
            else
                given[name] = args[++i];
        }

        string Text(string name, string? standard = null) =>
            given.GetValueOrDefault(name) ?? standard ?? throw new UsageException($"--{name} is required");
        long Number(string name, long standard, long least = 1) =>
            !given.TryGetValue(name, out var text) ? standard
            : long.TryParse(text, out var n) && n >= least ? n
            : throw new UsageException($"--{name}: a whole number of at least {least}, not {text}");
        double Real(string name, double standard, double most) =>
            !given.TryGetValue(name, out var text) ? standard
            : double.TryParse(text, CultureInfo.InvariantCulture, out var x) && x >= 0 && x <= most ? x
            : throw new UsageException($"--{name}: a number from 0 to {most}, not {text}");

        var plain = given.ContainsKey("plain");
        var a = new Endpoint(
            Url("endpoint", Text("endpoint")),
            Text("access", plain ? "" : null),
            Text("secret", plain ? "" : null),
            Text("bucket"),
            plain,
            Pids(given.GetValueOrDefault("pid"))
        );
        var plain2 = given.ContainsKey("plain2");
        var b = !given.TryGetValue("vs", out var vs)
            ? null
            : new Endpoint(
                Url("vs", vs),
                Text("access2", a.Access),
                Text("secret2", a.Secret),
                Text("bucket2", a.Bucket),
                plain2,
                Pids(given.GetValueOrDefault("pid2"))
            );

        var op =
            Enum.TryParse<Op>(Text("op"), ignoreCase: true, out var parsed) && Enum.IsDefined(parsed)
                ? parsed
                : throw new UsageException(
                    $"--op: one of put, get, head, delete, list, mixed, multipart, seed, reread; not {Text("op")}"
                );
        if ((plain || b is { Plain: true }) && op is Op.List or Op.Multipart)
            throw new UsageException($"--plain has no {op.ToString().ToLowerInvariant()}");

        var size = Bytes("size", Text("size", "4KiB"));
        return new Options
        {
            A = a,
            B = b,
            LabelA = Text("label", a.Url.Authority),
            LabelB = Text("label2", b?.Url.Authority ?? ""),
            Op = op,
            Size = size,
            Objects = (int)Number("objects", StandardObjects(op, size)),
            Concurrency = (int)Number("concurrency", 16),
            Duration = TimeSpan.FromSeconds(Real("duration", 10, 3600)),
            Warmup = TimeSpan.FromSeconds(Real("warmup", 2, 3600)),
            Timeout = TimeSpan.FromSeconds(Real("timeout", 60, 3600)),
            Rounds = (int)Number("rounds", b is null ? 1 : 5),
            MaxOps = Number("max-ops", long.MaxValue),
            Part = Math.Max(1, Bytes("part", Text("part", "8MiB"))),
            Parallel = (int)Number("parallel", 4),
            ListKeys = (int)Number("list-keys", 1000),
            ListPrefix = Text("list-prefix", ""),
            Delimiter = Text("delimiter", ""),
            Mix = Weights(Text("mix", "get=45,head=30,put=15,delete=10")),
            SignPayload = Text("payload", "unsigned") switch
            {
                "unsigned" => false,
                "signed" => true,
                var other => throw new UsageException($"--payload: unsigned or signed, not {other}"),
            },
            Region = Text("region", "us-east-1"),
            Seed = (ulong)Number("seed", 1, 0),
            Verify = Real("verify", 0.1, 1),
            Cleanup = given.ContainsKey("cleanup"),
            Ready = given.ContainsKey("ready"),
            Json = given.ContainsKey("json"),
        };
    }

    // Puts need room not to overwrite, but bounded room on disk; reads need a set that is soon made.
    static long StandardObjects(Op op, long size)
    {
        var (most, bytes) = op is Op.Put or Op.Multipart or Op.Reread ? (100_000, 4L << 30) : (1000, 1L << 30);
        return Math.Clamp(bytes / Math.Max(1, size), 4, most);
    }

    static Uri Url(string name, string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && url is { Scheme: "http" or "https", AbsolutePath: "/", Query: "" }
            ? url
            : throw new UsageException($"--{name}: http://HOST:PORT without a path, not {text}");

    static int[] Pids(string? text) =>
        text is null
            ? []
            :
            [
                .. text.Split(',', StringSplitOptions.RemoveEmptyEntries)
                    .Select(p =>
                        int.TryParse(p, out var pid)
                            ? pid
                            : throw new UsageException($"--pid: process ids with commas, not {text}")
                    ),
            ];

    static long Bytes(string name, string text)
    {
        ReadOnlySpan<(string Unit, long Factor)> units =
        [
            ("KiB", 1L << 10),
            ("MiB", 1L << 20),
            ("GiB", 1L << 30),
            ("B", 1),
            ("", 1),
        ];
        foreach (var (unit, factor) in units)
            if (text.EndsWith(unit, StringComparison.OrdinalIgnoreCase))
                return long.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var n)
                    ? checked(n * factor)
                    : throw new UsageException($"--{name}: a size such as 4096, 4KiB, 64MiB or 1GiB, not {text}");
        throw new InvalidOperationException("the empty unit ends every text");
    }

    static (Op, int)[] Weights(string text) =>
        [
            .. text.Split(',')
                .Select(item =>
                    item.Split('=') is [var op, var weight]
                    && Enum.TryParse<Op>(op, true, out var parsed)
                    && parsed is not (Op.Mixed or Op.Multipart or Op.Reread)
                    && int.TryParse(weight, out var n)
                    && n > 0
                        ? (parsed, n)
                        : throw new UsageException(
                            $"--mix: weights such as get=45,head=30,put=15,delete=10; not {text}"
                        )
                ),
        ];
}
