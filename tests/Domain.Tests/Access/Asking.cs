using Varve.Domain.Access;

namespace Varve.Domain.Tests.Access;

/// <summary>Requests, and buckets to ask them of.</summary>
static class Asking
{
    public static readonly Principal Ana = new("ana", Root: false);
    public static readonly Principal Bob = new("bob", Root: false);
    public static readonly Principal Root = new("root", Root: true);
    public static readonly Principal Anybody = Principal.Anonymous;

    public static AccessRequest To(
        this Principal who,
        string action,
        string? key = null,
        params (string Key, string Value)[] said
    ) =>
        new(
            who,
            $"s3:{action}",
            "photos",
            key,
            name =>
                said.Where(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
                    .Select(pair => pair.Value)
                    .ToList()
        );

    /// <summary>Ana's bucket with a policy of one statement.</summary>
    public static BucketAccess With(string statement) =>
        BucketAccess.Private("ana") with
        {
            Policy = PolicyReader.Read($$"""{"Version":"2012-10-17","Statement":[{{statement}}]}""", "photos"),
        };

    public static string Statement(
        string effect = "Allow",
        string principal = "\"*\"",
        string action = "\"s3:*\"",
        string resource = """["arn:aws:s3:::photos","arn:aws:s3:::photos/*"]""",
        string condition = "{}"
    ) =>
        $$"""
            {"Effect":"{{effect}}","Principal":{{principal}},"Action":{{action}},"Resource":{{resource}},"Condition":{{condition}}}
            """;

    public static string Condition(string type, string key, string value) =>
        $$"""{ "{{type}}": { "{{key}}": {{value}} } }""";

    public static bool May(this Principal who, string action, BucketAccess bucket, string? key = null) =>
        Authorization.Allows(who.To(action, key), bucket, acl: null);
}
