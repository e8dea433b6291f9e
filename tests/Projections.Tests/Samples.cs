using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Varve.Domain.Contents;
using Varve.Domain.Objects;

namespace Varve.Projections.Tests;

/// <summary>Events as the domain makes them, for contents that a word stands for.</summary>
static class Samples
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static Gen<T> AnyOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    public static string Sha256(string content) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));

    public static string Sha1(string content) => Sha256(content)[..40];

    public static ContentEvent.Stored Stored(string content, int minute = 0) =>
        new(Sha256(content), Sha1(content), null, content.Length, $"disk:{content}", Noon.AddMinutes(minute));

    public static ObjectEvent.Put Put(string content, int minute = 0) =>
        new(
            Guid.NewGuid().ToString("N"),
            Sha256(content),
            Sha1(content),
            content.Length,
            $"etag-{content}",
            ObjectAttributes.None,
            new ObjectChecksum("CRC32", "AAAAAA==", "FULL_OBJECT"),
            ObjectOrigin.Put,
            null,
            Noon.AddMinutes(minute)
        );

    public static ObjectEvent.Deleted Deleted(int minute = 0) =>
        new(Guid.NewGuid().ToString("N"), null, Noon.AddMinutes(minute));

    public static void StoreAndPut(this InMemoryEventStore store, string bucket, string key, string content)
    {
        store.Write($"content-{Sha256(content)}", Stored(content));
        store.Write($"object-{bucket}/{key}", Put(content));
    }
}
