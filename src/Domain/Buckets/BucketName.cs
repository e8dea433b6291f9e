using System.Text.RegularExpressions;

namespace Varve.Domain.Buckets;

/// <summary>3 to 63 of a–z, 0–9, "." and "-", a letter or digit at both ends and at both sides of
/// every "."; not an IPv4 address; not the
/// name of a bucket's past (<c>photos--at-…</c>).</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"/>
public sealed partial record BucketName
{
    BucketName(string text) => Text = text;

    public string Text { get; }

    public string Stream => $"bucket-{Text}";

    /// <exception cref="RejectedException">InvalidBucketName.</exception>
    public static BucketName Parse(string text) =>
        TryParse(text) ?? throw new RejectedException(ErrorCode.InvalidBucketName, text);

    public static BucketName? TryParse(string text) =>
        text.Length is >= 3 and <= 63 && Allowed().IsMatch(text) ? new BucketName(text) : null;

    public override string ToString() => Text;

    [GeneratedRegex(
        @"^(?!.*\.[.-])(?!.*-\.)(?!\d+(\.\d+){3}\z)(?!.*--at-(p\d+|\d{8}t\d{6}z)\z)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]\z",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Allowed();
}
