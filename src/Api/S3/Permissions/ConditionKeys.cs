using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections.Features;
using Varve.Api.S3.Operations;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Permissions;

/// <summary>What a request says under the condition keys of policies.</summary>
/// <param name="action">That is asked for.</param>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html"/>
sealed class ConditionKeys(S3Request request, string action, Resource resource, DateTimeOffset now)
{
    /// <summary>The longest text that is compared, in characters: comparing takes up to text times policy.</summary>
    const int TextMax = 4096;

    const string Header = "s3:x-amz-";
    const string ExistingTag = "s3:ExistingObjectTag/";
    const string NewTag = "s3:RequestObjectTag/";
    const string NewTagKeys = "s3:RequestObjectTagKeys";

    static readonly FrozenDictionary<string, Func<ConditionKeys, string?>> Known = new Dictionary<
        string,
        Func<ConditionKeys, string?>
    >(StringComparer.OrdinalIgnoreCase)
    {
        ["aws:CurrentTime"] = keys => keys.Now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
        ["aws:EpochTime"] = keys => keys.Now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        ["aws:SecureTransport"] = keys => keys.Request.Http.Request.IsHttps ? "true" : "false",
        ["aws:SourceIp"] = keys => AddressOf(keys.Request.Http.Connection.RemoteIpAddress),
        ["aws:UserAgent"] = keys => keys.HeaderOf("User-Agent"),
        ["aws:Referer"] = keys => keys.HeaderOf("Referer"),
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
        ["s3:prefix"] = keys => keys.Resource.Sought ?? keys.OfListing("prefix"),
        ["s3:delimiter"] = keys => keys.OfListing("delimiter"),
        ["s3:max-keys"] = keys => keys.OfListing("max-keys"),
        ["s3:VersionId"] = keys => keys.Resource.VersionId,
        ["s3:ResourceAccount"] = keys => UserIds.AccountId(keys.Resource.Place.Bucket.Owner),
        ["s3:if-match"] = keys => keys.HeaderOf("If-Match"),
        ["s3:if-none-match"] = keys => keys.HeaderOf("If-None-Match"),
        ["s3:authType"] = keys =>
            keys.Request.Operation.Name == "PostObject" ? "POST"
            : keys.Request.Caller.IsAnonymous ? null
            : keys.Request.Signature.IsPresigned ? "REST-QUERY-STRING"
            : "REST-HEADER",
        ["s3:signatureversion"] = keys => keys.Request.Signature.Version,
        ["s3:ObjectCreationOperation"] = keys =>
            keys.Action != S3Actions.PutObject ? null
            : keys.Request.Operation.Name is "CreateMultipartUpload" or "UploadPart" or "UploadPartCopy" ? "false"
            : "true",
        ["s3:signatureAge"] = keys => keys.AgeOfSignature()?.ToString(CultureInfo.InvariantCulture),
        ["s3:TlsVersion"] = keys =>
            keys.Request.Http.Features.Get<ITlsHandshakeFeature>()?.Protocol switch
            {
                SslProtocols.Tls12 => "1.2",
                SslProtocols.Tls13 => "1.3",
                _ => null,
            },
        ["s3:object-lock-mode"] = keys =>
            keys.NewLock()?.Retention is { } retention ? RequestedLock.NameOf(retention.Mode) : null,
        ["s3:object-lock-retain-until-date"] = keys =>
            keys.NewLock()?.Retention is { } retention ? RequestedLock.Format(retention.Until) : null,
        ["s3:object-lock-remaining-retention-days"] = keys =>
            keys.NewLock()?.Retention is { } retention
                ? Math.Ceiling((retention.Until - keys.Now).TotalDays).ToString(CultureInfo.InvariantCulture)
                : null,
        ["s3:object-lock-legal-hold"] = keys =>
            keys.NewLock()?.LegalHold is { } hold ? RequestedLock.NameOf(hold) : null,
        ["s3:x-amz-copy-source"] = keys => CopySourceOf(keys.HeaderOf(S3Headers.CopySource)),
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    S3Request Request => request;

    string Action => action;

    Resource Resource => resource;

    DateTimeOffset Now => now;

    /// <summary>Whether a request can say something under a key of S3's own. A condition that nothing ever meets would
    /// seem to protect, and not do it.</summary>
    public static bool IsKnown(string key) =>
        !key.StartsWith("s3:", StringComparison.OrdinalIgnoreCase)
        || Known.ContainsKey(key)
        || key.Equals(NewTagKeys, StringComparison.OrdinalIgnoreCase)
        || ((string[])[Header, ExistingTag, NewTag]).Any(begin => IsUnder(begin, key));

    /// <summary>As <see cref="FindValues"/> has it.</summary>
    /// <exception cref="RejectedException">InvalidRequest: it is too long to be compared.</exception>
    public IReadOnlyList<string>? Find(string key)
    {
        if (key.Equals(NewTagKeys, StringComparison.OrdinalIgnoreCase))
            return NewTags() is { } asked ? [.. asked.Keys] : null;
        var value =
            Known.TryGetValue(key, out var known) ? known(this)
            : IsUnder(Header, key) ? HeaderOf(key[3..])
            : IsUnder(ExistingTag, key) ? resource.Tags?.GetValueOrDefault(key[ExistingTag.Length..])
            : IsUnder(NewTag, key) ? NewTags()?.GetValueOrDefault(key[NewTag.Length..])
            : null;
        if (value?.Length > TextMax)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                $"The bucket's policy asks for {key}: it has at most {TextMax} characters."
            );
        return value is null ? null : [value];
    }

    static bool IsUnder(string begin, string key) => key.StartsWith(begin, StringComparison.OrdinalIgnoreCase);

    string? HeaderOf(string name) => request.Headers[name].ToString() is { Length: > 0 } value ? value : null;

    /// <summary>Of a request that lists: on others, whoever wants to be let in could add it.</summary>
    string? OfListing(string parameter) =>
        action.StartsWith(S3Actions.ListBucket, StringComparison.Ordinal) && resource.Sought is null
            ? request.Query[parameter]
            : null;

    string? User(Func<string, string> id) => request.Caller.Principal.User is { } user ? id(user) : null;

    ImmutableSortedDictionary<string, string>? NewTags() =>
        resource.NewTags ?? (TakesTags() ? TagSet.FromHeader(request.Headers) : null);

    /// <summary>A header that is passed over says nothing.</summary>
    bool TakesTags() =>
        request.Operation.Name switch
        {
            "RenameObject" => false,
            "CopyObject" => request.Headers["x-amz-tagging-directive"] == "REPLACE",
            _ => true,
        };

    ObjectLock? NewLock() =>
        resource.NewLock ?? (request.Operation.Name == "RenameObject" ? null : RequestedLock.From(request.Headers));

    /// <summary>In milliseconds; null without a signature that says when it was made.</summary>
    long? AgeOfSignature() => request.Signature.SignedAt is { } signed ? (long)(now - signed).TotalMilliseconds : null;

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
