namespace Varve.Domain.Access;

/// <summary>What a request says under a condition key.</summary>
/// <param name="key">Such as <c>aws:SourceIp</c> or <c>s3:ExistingObjectTag/colour</c>; upper and lower case are the
/// same, but behind a slash.</param>
/// <returns>Null where the request says nothing.</returns>
public delegate IReadOnlyList<string>? FindValues(string key);

/// <summary>One thing that somebody wants to do with a bucket, or with an object in it.</summary>
/// <param name="Action">Such as <c>s3:GetObject</c>.</param>
/// <param name="Key">Null where it is about the bucket.</param>
/// <param name="Find">What conditions and variables of a policy can ask.</param>
public sealed record AccessRequest(Principal Who, string Action, string Bucket, string? Key, FindValues Find)
{
    public const string ArnPrefix = "arn:aws:s3:::";

    /// <summary>As policies name it, behind <see cref="ArnPrefix"/>.</summary>
    public string Resource => Key is null ? Bucket : $"{Bucket}/{Key}";
}
