using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Varve.Domain.Access;

/// <summary>A way to compare what a policy wants with what a request says.</summary>
/// <param name="Negated">Holds where <paramref name="Matches"/> does not, for any of the policy's values.</param>
/// <param name="IsValue">Whether a policy's value can be compared so at all.</param>
/// <param name="Matches">The policy's value, then the request's.</param>
public sealed record PolicyOperator(
    string Name,
    bool Negated,
    Func<string, bool> IsValue,
    Func<string, string, bool> Matches
)
{
    /// <summary>Whether the request says anything under a key.</summary>
    public static readonly PolicyOperator Null = new("Null", Negated: false, IsBool, (_, _) => false);

    // csharpier-ignore
    static readonly PolicyOperator[] All =
    [
        Null,
        new("StringEquals", Negated: false, IsText, IsEqual),
        new("StringNotEquals", Negated: true, IsText, IsEqual),
        new("StringEqualsIgnoreCase", Negated: false, IsText, IsEqualIgnoreCase),
        new("StringNotEqualsIgnoreCase", Negated: true, IsText, IsEqualIgnoreCase),
        new("StringLike", Negated: false, IsText, IsLike),
        new("StringNotLike", Negated: true, IsText, IsLike),
        new("NumericEquals", Negated: false, IsNumber, (a, b) => Numbers(a, b) == 0),
        new("NumericNotEquals", Negated: true, IsNumber, (a, b) => Numbers(a, b) == 0),
        new("NumericLessThan", Negated: false, IsNumber, (a, b) => Numbers(a, b) < 0),
        new("NumericLessThanEquals", Negated: false, IsNumber, (a, b) => Numbers(a, b) <= 0),
        new("NumericGreaterThan", Negated: false, IsNumber, (a, b) => Numbers(a, b) > 0),
        new("NumericGreaterThanEquals", Negated: false, IsNumber, (a, b) => Numbers(a, b) >= 0),
        new("DateEquals", Negated: false, IsDate, (a, b) => Dates(a, b) == 0),
        new("DateNotEquals", Negated: true, IsDate, (a, b) => Dates(a, b) == 0),
        new("DateLessThan", Negated: false, IsDate, (a, b) => Dates(a, b) < 0),
        new("DateLessThanEquals", Negated: false, IsDate, (a, b) => Dates(a, b) <= 0),
        new("DateGreaterThan", Negated: false, IsDate, (a, b) => Dates(a, b) > 0),
        new("DateGreaterThanEquals", Negated: false, IsDate, (a, b) => Dates(a, b) >= 0),
        new("Bool", Negated: false, IsBool, IsEqualIgnoreCase),
        new("BinaryEquals", Negated: false, IsText, IsEqual),
        new("IpAddress", Negated: false, text => Network(text) is not null, IsWithin),
        new("NotIpAddress", Negated: true, text => Network(text) is not null, IsWithin),
        new("ArnEquals", Negated: false, IsText, IsArnLike),
        new("ArnNotEquals", Negated: true, IsText, IsArnLike),
        new("ArnLike", Negated: false, IsText, IsArnLike),
        new("ArnNotLike", Negated: true, IsText, IsArnLike),
    ];

    static readonly FrozenDictionary<string, PolicyOperator> ByName = All.ToFrozenDictionary(o => o.Name);

    public static PolicyOperator? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>An address, or a network of them.</summary>
    internal static (byte[] Address, int Bits)? Network(string text)
    {
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (!IPAddress.TryParse(slash < 0 ? text : text.AsSpan(0, slash), out var address))
            return null;
        var bytes = BytesOf(address);
        if (slash < 0)
            return (bytes, bytes.Length * 8);
        return
            int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var bits)
            && bits <= bytes.Length * 8
            ? (bytes, bits)
            : null;
    }

    static bool IsText(string text) => true;

    static bool IsBool(string text) => bool.TryParse(text, out _);

    static bool IsNumber(string text) => TryNumber(text, out _);

    static bool IsDate(string text) => TryDate(text, out _);

    static bool IsEqual(string wanted, string said) => Wildcard.Unescape(wanted) == said;

    static bool IsEqualIgnoreCase(string wanted, string said) =>
        string.Equals(Wildcard.Unescape(wanted), said, StringComparison.OrdinalIgnoreCase);

    static bool IsLike(string wanted, string said) => Wildcard.Matches(wanted, said, ignoreCase: false);

    /// <summary>Each of the six parts for itself.</summary>
    static bool IsArnLike(string wanted, string said)
    {
        var (patterns, parts) = (wanted.Split(':', 6), said.Split(':', 6));
        return patterns.Length == parts.Length
            && patterns.Zip(parts).All(pair => Wildcard.Matches(pair.First, pair.Second, ignoreCase: false));
    }

    static bool IsWithin(string wanted, string said)
    {
        if (Network(wanted) is not { } network || !IPAddress.TryParse(said, out var address))
            return false;
        var bytes = BytesOf(address);
        if (bytes.Length != network.Address.Length)
            return false;
        for (var bit = 0; bit < network.Bits; bit++)
            if (((bytes[bit / 8] ^ network.Address[bit / 8]) & (0x80 >> (bit % 8))) != 0)
                return false;
        return true;
    }

    static byte[] BytesOf(IPAddress address) =>
        (
            address.AddressFamily == AddressFamily.InterNetworkV6 && address.IsIPv4MappedToIPv6
                ? address.MapToIPv4()
                : address
        ).GetAddressBytes();

    /// <returns>How the request's number stands to the policy's; null where one is none.</returns>
    static int? Numbers(string wanted, string said) =>
        TryNumber(wanted, out var a) && TryNumber(said, out var b) ? b.CompareTo(a) : null;

    static int? Dates(string wanted, string said) =>
        TryDate(wanted, out var a) && TryDate(said, out var b) ? b.CompareTo(a) : null;

    static bool TryNumber(string text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.Number, CultureInfo.InvariantCulture, out number);

    /// <summary>ISO 8601, or seconds since 1970.</summary>
    static bool TryDate(string text, out DateTimeOffset time)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 1L << 37)
        {
            time = DateTimeOffset.FromUnixTimeSeconds(seconds);
            return true;
        }
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }
}
