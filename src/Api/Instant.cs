using System.Globalization;
using Varve.EventStores;
using Varve.Projections;

namespace Varve.Api;

/// <summary>A moment of the past: a position of the log, or a time. A time holds all of the unit in which it is
/// written: <c>12:00:00</c> is the second as a whole, as times are shown everywhere.</summary>
public readonly record struct Instant
{
    /// <summary>What people are told who wrote something else.</summary>
    public const string Formats =
        "yyyy-MM-dd HH:mm:ss (UTC), ISO 8601 such as 2026-01-31T12:00:00Z, or p and a position, such as p42.";

    static readonly string[] Times =
    [
        "yyyy-MM-dd HH:mm:ss",
        "yyyy-MM-dd HH:mm:ss.FFFFFFF",
        "yyyy-MM-dd'T'HH:mm:ssK",
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK",
        "yyyyMMdd'T'HHmmss'Z'",
    ];

    readonly Position position;
    readonly DateTimeOffset? upto;

    Instant(Position position, DateTimeOffset? upto) => (this.position, this.upto) = (position, upto);

    /// <returns>Null if the text is none of <see cref="Formats"/>.</returns>
    public static Instant? TryParse(string text)
    {
        text = text.ToUpperInvariant();
        if (text.Length > 1 && text[0] == 'P' && !text.AsSpan(1).ContainsAnyExceptInRange('0', '9'))
            return new(PositionOf(text.AsSpan(1)), upto: null);
        return DateTimeOffset.TryParseExact(
            text,
            Times,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var time
        )
            ? new(default, EndOf(time, text.Contains('.') ? TimeSpan.TicksPerMillisecond : TimeSpan.TicksPerSecond))
            : null;
    }

    /// <summary>The position that it stands for; what is yet to come stands for the present.</summary>
    public ValueTask<Position> Resolve(ReadModels reads, CancellationToken cancel) =>
        upto is { } time ? reads.PositionAt(time, cancel) : ValueTask.FromResult(position);

    static DateTimeOffset EndOf(DateTimeOffset time, long unit) =>
        new(time.UtcTicks / unit * unit + unit - 1, TimeSpan.Zero);

    static Position PositionOf(ReadOnlySpan<char> digits) =>
        long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        && value < ReadModels.Present.Value
            ? new Position(value)
            : ReadModels.Present;
}
