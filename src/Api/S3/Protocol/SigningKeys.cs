using System.Security.Cryptography;
using System.Text;
using BitFaster.Caching.Lru;

namespace Varve.Api.S3.Protocol;

/// <summary>
/// The keys that secrets derive for a day, region and service, kept because deriving takes four HMACs. An entry counts
/// only for the secret it was made from, so a changed secret is effective at once. Thread-safe.
/// </summary>
sealed class SigningKeys(int entriesMax)
{
    readonly ConcurrentLru<(string AccessKey, string Scope), (string Secret, byte[] Key)> kept = new(entriesMax);

    public byte[] For(CredentialScope scope, string secret) =>
        kept.TryGet((scope.AccessKey, scope.Text), out var entry) && entry.Secret == secret
            ? entry.Key
            : Derive(scope, secret);

    /// <summary>Call for verified requests only, or anyone could fill the cache with scopes of their own
    /// making.</summary>
    public void Keep(CredentialScope scope, string secret, byte[] key) =>
        kept.AddOrUpdate((scope.AccessKey, scope.Text), (secret, key));

    public static byte[] Derive(CredentialScope scope, string secret)
    {
        var key = HMACSHA256.HashData(Encoding.UTF8.GetBytes("AWS4" + secret), Encoding.UTF8.GetBytes(scope.Day));
        key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(scope.Region));
        key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(scope.Service));
        return HMACSHA256.HashData(key, "aws4_request"u8);
    }
}
