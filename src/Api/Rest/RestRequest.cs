using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Varve.Api.Identity;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.EventStores;

namespace Varve.Api.Rest;

/// <summary>What the REST endpoints stand on.</summary>
public sealed record RestParts(Backend Varve, Accounts Accounts, InstantUploads Instant);

/// <summary>A REST request, its parameters by query or form. Not thread-safe.</summary>
sealed class RestRequest(HttpContext http, RestParts parts)
{
    public const int FormBytesMax = 1024 * 1024;
    const string PositionHeader = "x-varve-position";
    const string StaleHeader = "x-varve-stale";
    const string IdempotencyHeader = "Idempotency-Key";
    const int IdempotencyKeyMax = 255;

    static readonly FormOptions FormLimits = new()
    {
        BufferBodyLengthLimit = FormBytesMax,
        MemoryBufferThreshold = FormBytesMax,
        MultipartBodyLengthLimit = FormBytesMax,
        ValueLengthLimit = 64 * 1024,
        ValueCountLimit = 256,
    };

    IFormCollection? form;
    SignedIn? user;
    string? token;

    public HttpContext Http => http;
    public Backend Varve => parts.Varve;
    public Accounts Accounts => parts.Accounts;
    public InstantUploads Instant => parts.Instant;

    /// <summary>Who asks.</summary>
    public SignedIn User => user ?? throw new InvalidOperationException("The operation is open to all.");

    /// <summary>By which <see cref="User"/> is signed in.</summary>
    public string Token => token ?? throw new InvalidOperationException("The operation is open to all.");

    public string? IdempotencyKey
    {
        get
        {
            var key = (string?)http.Request.Headers[IdempotencyHeader];
            return string.IsNullOrEmpty(key) ? null
                : key.Length > IdempotencyKeyMax
                    ? throw new RejectedException(
                        ErrorCode.InvalidArgument,
                        $"{IdempotencyHeader}: at most {IdempotencyKeyMax} characters."
                    )
                : key;
        }
    }

    /// <summary>Reads the body as a form, if it is one.</summary>
    public async Task ReadForm(CancellationToken cancel)
    {
        if (!http.Request.HasFormContentType)
            return;
        try
        {
            form = await new FormFeature(http.Request, FormLimits).ReadFormAsync(cancel);
        }
        catch (InvalidDataException wrong)
        {
            throw new RejectedException(ErrorCode.InvalidRequest, wrong.Message);
        }
        catch (IOException broken) when (broken is not BadHttpRequestException && !cancel.IsCancellationRequested)
        {
            throw new RejectedException(ErrorCode.IncompleteBody);
        }
    }

    /// <summary>Null if it is not given, or empty.</summary>
    public string? Find(string name) =>
        http.Request.Query[name] is [{ Length: > 0 } asked, ..] ? asked
        : form?[name] is [{ Length: > 0 } posted, ..] ? posted
        : null;

    public string Get(string name) => Find(name) ?? throw Wrong(name, "is missing.");

    public long GetNumber(string name, long least, long most) =>
        long.TryParse(Get(name), NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value >= least
        && value <= most
            ? value
            : throw Wrong(name, string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}."));

    /// <summary>40 hex digits, in lower case.</summary>
    public string GetSha1(string name) => FindSha1(name) ?? throw Wrong(name, "is missing.");

    public string? FindSha1(string name) =>
        Find(name) switch
        {
            null => null,
            { Length: 40 } hash when hash.All(char.IsAsciiHexDigit) => hash.ToLowerInvariant(),
            _ => throw Wrong(name, "the SHA-1 of the file, 40 hex digits."),
        };

    /// <summary>A name in the user's home bucket.</summary>
    public ObjectId File(string name) => new(User.Home, ObjectKey.Parse(name));

    /// <summary>By bearer token, or by <c>username</c> and <c>token</c>.</summary>
    /// <exception cref="RejectedException">Unauthorized.</exception>
    public async ValueTask Authenticate()
    {
        const string Bearer = "Bearer ";
        var header = http.Request.Headers.Authorization is [{ } first, ..] ? first : "";
        if (header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
            await Authenticate(header[Bearer.Length..].Trim(), Find("username"));
        else
            await Authenticate(Find("token"), Find("username") ?? "");
    }

    /// <param name="userName">Must be the token's; null where the token alone will do.</param>
    public async ValueTask Authenticate(string? given, string? userName)
    {
        if (given is null)
            throw new RejectedException(ErrorCode.Unauthorized);
        var found = await Accounts.Authenticate(given);
        if (userName is not null && userName != found.UserName)
            throw new RejectedException(ErrorCode.Unauthorized, "The token is not this user's.");
        (user, token) = (found, given);
    }

    /// <summary>Who deletes a home bucket by S3 gives its name away: what is in it then is somebody else's.</summary>
    /// <exception cref="RejectedException">AccessDenied.</exception>
    public async ValueTask CheckHome(CancellationToken cancel)
    {
        var home = await Varve.Read(Bucket.Decider, User.Home.Stream, cancel);
        if (home.Owner is { } owner && owner != User.UserName)
            throw new RejectedException(ErrorCode.AccessDenied, "The home bucket is somebody else's now.");
    }

    /// <summary>Says which read models show no more than what was before a position, because they stopped there.
    /// </summary>
    public void TellWhatIsStale()
    {
        if (Varve.Barrier.Stopped is { Length: > 0 } stopped)
            http.Response.Headers[StaleHeader] = string.Join(
                ", ",
                stopped.Select(one => $"{one.Projection}@{one.Position}")
            );
    }

    /// <summary>A reader that has seen a later state elsewhere waits until this process has it too.</summary>
    /// <exception cref="RejectedException">InvalidArgument: there is no such position. ServiceUnavailable: it takes too
    /// long.</exception>
    public async ValueTask WaitForPosition(CancellationToken cancel)
    {
        if (http.Request.Headers[PositionHeader] is not [{ } text, ..])
            return;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
            throw Wrong(PositionHeader, "a position, as an earlier answer had it.");
        foreach (var stopped in Varve.Barrier.Stopped)
            if (stopped.Position.Value <= position)
                throw new RejectedException(ErrorCode.ServiceUnavailable, $"The read model {stopped}");
        if (Varve.Barrier.Reached.Value >= position)
            return;
        if ((await Varve.Events.Head(cancel)).Value < position)
            throw Wrong(PositionHeader, "the log is not so long.");
        if (await Varve.Barrier.Pass(new Position(position), cancel))
            return;
        http.Response.Headers.RetryAfter = "1";
        throw new RejectedException(ErrorCode.ServiceUnavailable, "The read models are too far behind.");
    }

    /// <summary>For the one change that the request is about.</summary>
    public CommandContext Context() => Context("");

    /// <param name="share">Tells the changes of one request apart; empty for the one that ends it.</param>
    public CommandContext Context(string share) =>
        Varve.Context(
            User.UserName,
            IdempotencyKey is { } key
                ? share.Length == 0
                    ? key
                    : $"{key}\n{share}"
                : null
        );

    /// <summary>What was done under this id, if the client chose it and it was done before.</summary>
    /// <exception cref="RejectedException">IdempotencyKeyReused: it was another kind of command.</exception>
    public async ValueTask<CommandHandled?> FindEarlier<TCommand>(CommandContext context, CancellationToken cancel)
        where TCommand : Command
    {
        if (!context.Repeatable)
            return null;
        var stream = CommandHandled.StreamOf(context.Id);
        await foreach (var recorded in Varve.Events.ReadStream(stream, Direction.Forwards, 0, 1, cancel))
            return recorded.Decoded() is CommandHandled earlier && earlier.Kind == typeof(TCommand).Name
                ? earlier
                : throw KeyReused();
        return null;
    }

    /// <summary>What an earlier command left as a stream's last event; null if it was about other streams.</summary>
    /// <param name="back">So many events before that one.</param>
    public async ValueTask<TEvent?> LeftBy<TEvent>(
        CommandHandled earlier,
        string stream,
        long back,
        CancellationToken cancel
    )
        where TEvent : class
    {
        if (earlier.States.FirstOrDefault(place => place.Stream == stream) is not { } place || place.Revision < back)
            return null;
        var revision = place.Revision - back;
        await foreach (var recorded in Varve.Events.ReadStream(stream, Direction.Forwards, revision, 1, cancel))
            return recorded.Decoded() as TEvent;
        return null;
    }

    /// <summary>The first answer under a key is for the same request alone.</summary>
    public static RejectedException KeyReused() => new(ErrorCode.IdempotencyKeyReused);

    /// <summary>Does a command, and tells the client at which position a reader sees it.</summary>
    public async Task<Outcome> Run(Command command, CancellationToken cancel) => Tell(await Varve.Run(command, cancel));

    public Outcome Tell(Outcome outcome)
    {
        var position = outcome.Position ?? Varve.Barrier.Acknowledged.Value;
        http.Response.Headers[PositionHeader] = position.ToString(CultureInfo.InvariantCulture);
        return outcome;
    }

    public static RejectedException Wrong(string name, string detail) =>
        new(ErrorCode.InvalidArgument, $"{name}: {detail}");
}
