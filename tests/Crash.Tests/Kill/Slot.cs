using System.Globalization;
using System.Net;
using Varve.Load;
using Varve.Server.Tests;

namespace Varve.Crash.Tests.Kill;

/// <summary>What a name holds: a body that can be made again at any time.</summary>
sealed record Held(string Of, ulong Generation, long Size)
{
    public Body Body(Payload payload) => payload.Of(Of, Generation, Size);
}

/// <summary>A write that was sent and not answered. <see cref="State"/> null: a delete.</summary>
sealed record Unanswered(Held? State);

/// <summary>One name, what was acknowledged of it, and what may have happened to it beside. Written by one loop at a
/// time.</summary>
sealed class Slot(string name, bool rest)
{
    public string Name => name;

    /// <summary>Written by the REST surface, into a home bucket; else by S3.</summary>
    public bool Rest => rest;

    /// <summary>The last acknowledged state; null: no such object.</summary>
    public Held? Acknowledged { get; private set; }

    public Unanswered? Pending { get; private set; }

    public void Begin(Held? next) => Pending = new(next);

    public void Answered() => (Acknowledged, Pending) = (Pending!.State, null);

    /// <summary>Reads it, and takes what it holds as known from now on.</summary>
    /// <returns>Null if it holds what was acknowledged, or all of what was under way; else what is wrong.</returns>
    public async Task<string?> Settle(Target target, Payload payload, CancellationToken cancel)
    {
        var wrong = await Difference(target, payload, Acknowledged, cancel);
        if (wrong is not null && Pending is { } maybe)
        {
            var other = await Difference(target, payload, maybe.State, cancel);
            wrong = other is null ? null : $"{wrong}; nor the write under way: {other}";
            Acknowledged = maybe.State;
        }
        Pending = null;
        return wrong;
    }

    async Task<string?> Difference(Target target, Payload payload, Held? expected, CancellationToken cancel)
    {
        using var reply = await target.Ask(HttpMethod.Get, target.PathOf(name), "", null, SigV4.Unsigned, cancel);
        if (reply.StatusCode == HttpStatusCode.NotFound)
            return expected is null ? null : $"{name}: lost, should be {expected}";
        if (reply.StatusCode != HttpStatusCode.OK)
            return $"{name}: {(int)reply.StatusCode} {await reply.Content.ReadAsStringAsync(cancel)}";
        if (expected is null)
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{name}: is there ({reply.Content.Headers.ContentLength} bytes), should not be"
            );
        try
        {
            await using var stream = await reply.Content.ReadAsStreamAsync(cancel);
            await Bodies.Compare(expected.Body(payload), stream, name, cancel);
            return null;
        }
        catch (ReplyException e)
        {
            return $"{e.Message}, should be {expected}";
        }
    }
}
