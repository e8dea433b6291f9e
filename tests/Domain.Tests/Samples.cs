using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;

namespace Varve.Domain.Tests;

static class Samples
{
    public static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    public static readonly CommandContext Context = new(new("11111111-2222-3333-4444-555555555555"), "ana", Noon);
    public static readonly BucketName Photos = BucketName.Parse("photos");
    public static readonly ObjectId Cat = new(Photos, ObjectKey.Parse("cat.jpg"));
    public static readonly ObjectId Dog = new(Photos, ObjectKey.Parse("dog.jpg"));

    public const string Sha1 = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    public const string Md5 = "d41d8cd98f00b204e9800998ecf8427e";
    public static readonly ContentHash Hash = new("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    public static readonly ContentFacts Fresh = new(Hash, Sha1, Md5, 0, "disk:volume/000001@0");
    public static readonly ContentFacts Known = Fresh with { Location = null };

    public static ObjectCommand.Put Put(ObjectId to, WriteCondition? condition = null, string etag = Md5) =>
        new(
            Context,
            to,
            Fresh,
            etag,
            ObjectAttributes.None,
            null,
            ObjectOrigin.Put,
            null,
            condition ?? WriteCondition.None
        );

    public static ObjectEvent.Put WasPut(ObjectId to, string etag = Md5) =>
        new(
            NameBasedId.Of(Context.Id, to.Stream).ToString("N"),
            Hash.Hex,
            Sha1,
            0,
            etag,
            ObjectAttributes.None,
            null,
            ObjectOrigin.Put,
            null,
            Noon
        );
}
