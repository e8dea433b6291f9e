using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Varve.Api.Identity;
using Varve.Projections;
using Varve.Projections.Redis;
using Varve.Tiers;

namespace Varve.Api.Rest;

/// <summary>
/// Proofs that a caller holds the bytes whose hash it names: HMAC-SHA256, keyed with a nonce that is good once, of
/// ranges that nobody can foresee. Thread-safe.
/// </summary>
public sealed class InstantUploads(InstantUploadOptions options, TimeProvider clock, RedisServer? redis = null)
{
    /// <summary>Many and small: who lacks an n-th of the bytes passes by luck with (1 − 1/n)^16 at most.</summary>
    const int RangesAsked = 16;
    const int RangeBytesLeast = 512;
    const int RangeBytesMost = 4 * 1024;
    const int OpenMax = 10_000;
    const int UsersRemembered = 10_000;

    /// <summary>A no takes a whole number of these, so that it does not tell whether bytes were read for it.</summary>
    static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(150);

    readonly AttemptLimit attempts = new(
        "instant",
        options.AttemptsPerMinute,
        TimeSpan.FromMinutes(1),
        UsersRemembered,
        clock,
        redis is null ? null : new RedisCounters(redis)
    );
    readonly RedisNotes? notes = redis is null ? null : new(redis);
    readonly Dictionary<string, (Challenge Challenge, long AskedAt)> open = new(StringComparer.Ordinal);
    readonly Queue<string> oldestFirst = new();
    readonly Lock gate = new();

    public bool ProofRequired => options.Proof == "required";

    /// <summary>Counts an attempt; one that is proved is given back by <see cref="Verify"/>.</summary>
    public ValueTask<bool> TryTake(string user) => attempts.TryTake(user);

    /// <summary>Asks for a proof, whether there is such a content or not.</summary>
    public async ValueTask<ProofChallenge> Ask(string user, string sha1, long size)
    {
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        var ranges = new ProofRange[RangesAsked];
        for (var index = 0; index < ranges.Length; index++)
        {
            var length = Math.Min(size, RandomNumberGenerator.GetInt32(RangeBytesLeast, RangeBytesMost + 1));
            ranges[index] = new ProofRange(RandomUpTo(size - length), length);
        }
        var challenge = new Challenge(user, sha1, size, ranges);
        // Any process may be asked next. While Redis is out of reach, it must be this one.
        if (notes is not null && await notes.Leave(nonce, challenge.Text(), options.NonceLifetime))
            return new ProofChallenge(nonce, ranges);
        lock (gate)
        {
            while (oldestFirst.TryPeek(out var oldest) && (open.Count >= OpenMax || IsOver(oldest)))
                open.Remove(oldestFirst.Dequeue());
            open.Add(nonce, (challenge, clock.GetTimestamp()));
            oldestFirst.Enqueue(nonce);
        }
        return new ProofChallenge(nonce, ranges);
    }

    /// <summary>Uses the nonce up and checks the proof.</summary>
    /// <param name="file">The content with this hash and size; null if there is none.</param>
    /// <returns>False for a wrong proof, a nonce that is not good any more, and an unknown content.</returns>
    public async Task<bool> Verify(
        string user,
        string sha1,
        long size,
        string nonce,
        string proof,
        FileRow? file,
        TieredContents contents,
        CancellationToken cancel
    )
    {
        var begun = clock.GetTimestamp();
        var proved =
            await Use(nonce) is { } challenge
            && (challenge.User, challenge.Sha1, challenge.Size) == (user, sha1, size)
            && file is not null
            && await Matches(challenge, nonce, proof, file, contents, cancel);
        if (proved)
        {
            await attempts.GiveBack(user); // this one, and the one that asked
            await attempts.GiveBack(user);
            return true;
        }
        var taken = clock.GetElapsedTime(begun);
        var beats = Math.Ceiling(taken / Beat + double.Epsilon);
        await Task.Delay(Beat * Math.Max(1, beats) - taken, clock, cancel);
        return false;
    }

    static async Task<bool> Matches(
        Challenge challenge,
        string nonce,
        string proof,
        FileRow file,
        TieredContents contents,
        CancellationToken cancel
    )
    {
        using var bytes = new MemoryStream();
        try
        {
            await using var content = await contents.Open(file.Sha256, file.Location, file.Size, cancel);
            var output = PipeWriter.Create(bytes, new StreamPipeWriterOptions(leaveOpen: true));
            foreach (var range in challenge.Ranges)
                await content.CopyTo(range.Offset, range.Length, output, cancel);
            await output.CompleteAsync();
        }
        catch (ContentDamagedException)
        {
            return false; // nothing to be had here; the scrubber finds it
        }
        var right = HMACSHA256.HashData(Encoding.UTF8.GetBytes(nonce), bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        return CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(Convert.ToHexStringLower(right)),
            Encoding.UTF8.GetBytes(proof)
        );
    }

    async ValueTask<Challenge?> Use(string nonce)
    {
        lock (gate)
            if (open.Remove(nonce, out var asked))
                return clock.GetElapsedTime(asked.AskedAt) < options.NonceLifetime ? asked.Challenge : null;
        return notes is not null && await notes.Take(nonce) is { } text ? Challenge.Parse(text) : null;
    }

    bool IsOver(string nonce) =>
        !open.TryGetValue(nonce, out var asked) || clock.GetElapsedTime(asked.AskedAt) >= options.NonceLifetime;

    /// <summary>0 … <paramref name="most"/>, all as likely.</summary>
    static long RandomUpTo(long most)
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return (long)(BitConverter.ToUInt128(bytes) % ((UInt128)most + 1)); // 128 bits: no bias that matters
    }

    sealed record Challenge(string User, string Sha1, long Size, IReadOnlyList<ProofRange> Ranges)
    {
        public string Text() => JsonSerializer.Serialize(this, JsonSerializerOptions.Web);

        public static Challenge Parse(string text) =>
            JsonSerializer.Deserialize<Challenge>(text, JsonSerializerOptions.Web)!;
    }
}
