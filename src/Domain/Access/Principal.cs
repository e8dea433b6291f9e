using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Varve.Domain.Access;

/// <summary>Who asks, as policies and access control lists see it.</summary>
/// <param name="User">Null for somebody without a signature.</param>
/// <param name="Root">May do everything that no policy denies.</param>
public sealed record Principal(string? User, bool Root)
{
    public static readonly Principal Anonymous = new(User: null, Root: false);

    public bool IsAnonymous => User is null;

    public bool Owns(string owner) => User == owner;
}

/// <summary>The names that S3 and IAM have for a user. They derive from the user's name, so that they are the same on
/// every Varve and nothing has to be kept.</summary>
public static class UserIds
{
    /// <summary>64 hex digits: more than a name can have.</summary>
    public static string CanonicalId(string user) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"varve-user\n{user}")));

    /// <summary>12 digits: every user is an account.</summary>
    public static string AccountId(string user) => AccountIdOf(CanonicalId(user));

    public static string AccountIdOf(string canonicalId)
    {
        var number = ulong.Parse(canonicalId.AsSpan(0, 16), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return (number % 1_000_000_000_000).ToString("D12", CultureInfo.InvariantCulture);
    }

    public static bool IsCanonicalId(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    public static bool IsAccountId(string text) => text.Length == 12 && text.All(char.IsAsciiDigit);

    public static string Arn(string user) => $"arn:aws:iam::{AccountId(user)}:user/{user}";
}
