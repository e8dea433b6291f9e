using BitFaster.Caching.Lru;
using Varve.Api.S3.Protocol;
using Varve.Domain.Access;

namespace Varve.Api.S3.Operations;

/// <summary>How answers name a user: the canonical id, and the user's name to show.</summary>
static class Owners
{
    /// <summary>Of somebody without a signature, at AWS too.</summary>
    const string AnonymousId = "65a011a29cdf8ec533ec3d1ccaae921c";

    static readonly ConcurrentLru<string, string> Ids = new(1024);

    public static void Write(ref S3XmlWriter xml, ReadOnlySpan<byte> element, string user)
    {
        xml.Open(element);
        WriteFields(ref xml, user);
        xml.Close(element);
    }

    public static void WriteFields(ref S3XmlWriter xml, string user)
    {
        xml.Element("ID"u8, IdOf(user));
        xml.Element("DisplayName"u8, user == Caller.Anonymous.UserName ? "" : user);
    }

    public static string IdOf(string user) =>
        user == Caller.Anonymous.UserName ? AnonymousId : Ids.GetOrAdd(user, UserIds.CanonicalId);
}
