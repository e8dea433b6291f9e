using System.Globalization;
using Varve.Domain.Access;

namespace Varve.Access;

/// <summary>Policies from none to the largest, and a request by the bucket's owner that each of them has to be read to
/// the end for.</summary>
static class Policies
{
    public const string Bucket = "photos";

    public static readonly Acl HundredGrants = new(
        "ana",
        [
            .. Enumerable.Range(0, Acl.GrantsMax - 1).Select(i => Grant.To($"user-{i}", AclRight.Read)),
            Grant.To("ana", AclRight.FullControl),
        ]
    );

    public static readonly (string Name, string? Text)[] All =
    [
        ("none", null),
        ("1 statement", Of(1)),
        ("10 statements", Of(10)),
        ("as many as 20 KiB hold", Largest()),
    ];

    public static AccessRequest Ask(int i) =>
        new(
            new Principal("ana", Root: false),
            "s3:GetObject",
            Bucket,
            $"2026/{i.ToString(CultureInfo.InvariantCulture)}.jpg",
            key =>
                key switch
                {
                    "aws:SourceIp" => ["192.0.2.17"],
                    "aws:SecureTransport" => ["true"],
                    "aws:username" => ["ana"],
                    _ => null,
                }
        );

    /// <summary>Each is about everybody and every object, so that each condition is looked at; none holds.</summary>
    static string Of(int statements) =>
        "{\"Version\":\"2012-10-17\",\"Statement\":["
        + string.Join(',', Enumerable.Range(0, statements).Select(Statement))
        + "]}";

    static string Statement(int i) =>
        "{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":[\"s3:Get*\",\"s3:PutObject\"],"
        + "\"Resource\":\"arn:aws:s3:::photos/*\",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"10."
        + i.ToString(CultureInfo.InvariantCulture)
        + ".0.0/16\"}}}";

    static string Largest()
    {
        var statements = 1;
        while (Of(statements + 1).Length <= BucketPolicy.BytesMax)
            statements++;
        return Of(statements);
    }
}
