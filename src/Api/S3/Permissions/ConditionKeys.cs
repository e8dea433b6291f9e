using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;

namespace Varve.Api.S3.Permissions;

/// <summary>What a request says under the condition keys of policies.</summary>
/// <param name="headers">Of the request, or the fields of a form.</param>
/// <param name="tags">Of the object that is there; null for none.</param>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html"/>
sealed class ConditionKeys(
    S3Request request,
    IHeaderDictionary headers,
    ImmutableSortedDictionary<string, string>? tags,
    DateTimeOffset now
)
{
    const string Tagging = "x-amz-tagging";
    const string ExistingTag = "s3:ExistingObjectTag/";

    static readonly FrozenDictionary<string, Func<ConditionKeys, string?>> Known = new Dictionary<
        string,
        Func<ConditionKeys, string?>
    >(StringComparer.OrdinalIgnoreCase)
    {
        ["aws:CurrentTime"] = keys => keys.Now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["aws:EpochTime"] = keys => keys.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        ["aws:SecureTransport"] = keys => keys.Request.Http.Request.IsHttps ? "true" : "false",
        ["aws:SourceIp"] = keys => AddressOf(keys.Request.Http.Connection.RemoteIpAddress),
        ["aws:UserAgent"] = keys => keys.Header("User-Agent"),
        ["aws:Referer"] = keys => keys.Header("Referer"),
        ["aws:username"] = keys => keys.Request.Caller.Principal.User,
        ["aws:userid"] = keys => keys.User(UserIds.AccountId),
        ["aws:PrincipalAccount"] = keys => keys.User(UserIds.AccountId),
        ["aws:PrincipalArn"] = keys => keys.User(UserIds.Arn),
        ["aws:PrincipalType"] = keys =>
            keys.Request.Caller switch
            {
                { IsAnonymous: true } => "Anonymous",
                { Root: true } => "Account",
                _ => "User",
            },
        // Who asks for an object that is not there learns so much as a list of its name would tell.
        ["s3:prefix"] = keys => keys.Request.Target.Key ?? keys.Request.Query["prefix"],
        ["s3:delimiter"] = keys => keys.Request.Query["delimiter"],
        ["s3:max-keys"] = keys => keys.Request.Query["max-keys"],
        ["s3:VersionId"] = keys => keys.Request.Query["versionId"],
        ["s3:ResourceAccount"] = keys => UserIds.AccountId(keys.Request.Owner),
        ["s3:authType"] = keys =>
            keys.Request.Operation.Name == "PostObject" ? "POST"
            : keys.Request.Caller.IsAnonymous ? null
            : keys.Request.Signature.IsPresigned ? "REST-QUERY-STRING"
            : "REST-HEADER",
        ["s3:signatureversion"] = keys => keys.Request.Caller.IsAnonymous ? null : SigV4Claim.Algorithm,
        ["s3:x-amz-copy-source"] = keys => CopySourceOf(keys.Header(S3Headers.CopySource)),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    S3Request Request => request;

    DateTimeOffset Now => now;

    /// <summary>As <see cref="FindValues"/> has it.</summary>
    public IReadOnlyList<string>? Find(string key)
    {
        if (Known.TryGetValue(key, out var known))
            return known(this) is { } value ? [value] : null;
        if (key.StartsWith("s3:x-amz-", StringComparison.OrdinalIgnoreCase))
            return Header(key[3..]) is { } header ? [header] : null;
        if (key.Equals("s3:RequestObjectTagKeys", StringComparison.OrdinalIgnoreCase))
            return RequestTags() is { } asked ? [.. asked.All.Select(tag => tag.Name)] : null;
        if (key.StartsWith(ExistingTag, StringComparison.OrdinalIgnoreCase))
            return tags?.GetValueOrDefault(key[ExistingTag.Length..]) is { } tag ? [tag] : null;
        if (key.StartsWith("s3:RequestObjectTag/", StringComparison.OrdinalIgnoreCase))
            return RequestTags()?[key["s3:RequestObjectTag/".Length..]] is { } value ? [value] : null;
        return null;
    }

    string? Header(string name) => headers[name] is { Count: > 0 } value ? value.ToString() : null;

    string? User(Func<string, string> id) => request.Caller.Principal.User is { } user ? id(user) : null;

    /// <summary>Tags in a header are written like a query.</summary>
    S3Query? RequestTags() => Header(Tagging) is { Length: > 0 } text ? S3Query.Parse(text.AsMemory()) : null;

    static string? CopySourceOf(string? header)
    {
        try
        {
            return header is null ? null
                : CopySource.Parse(header) is var source ? $"{source.Bucket}/{source.Key}"
                : null;
        }
        catch (RejectedException)
        {
            return header; // the operation will say what is wrong with it
        }
    }

    static string? AddressOf(IPAddress? address) =>
        (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
}
