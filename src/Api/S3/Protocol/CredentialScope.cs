using System.Collections.Immutable;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>What <c>Credential=</c> holds: <c>AccessKey/yyyyMMdd/region/service/aws4_request</c>.</summary>
/// <param name="Text">All behind the access key: the scope of the signature.</param>
public sealed record CredentialScope(string AccessKey, string Text, string Day, string Region, string Service)
{
    public static readonly ImmutableArray<string> S3 = ["s3"];

    /// <summary>What speaks by <c>POST /</c>: mostly to be told that it is not here.</summary>
    public static readonly ImmutableArray<string> Identity = ["sts", "iam", "s3"];

    /// <summary>The access key may hold slashes, so the four parts of the scope are read from the end.</summary>
    /// <param name="services">Those that it may be for.</param>
    /// <param name="refused">Makes the refusal from what is wrong; it differs between header and query.</param>
    public static CredentialScope Parse(
        ReadOnlySpan<char> credential,
        ImmutableArray<string> services,
        Func<string, RejectedException> refused
    )
    {
        var rest = credential;
        var terminal = TakeLast(ref rest);
        var service = TakeLast(ref rest);
        var region = TakeLast(ref rest);
        var day = TakeLast(ref rest);
        if (rest.IsEmpty)
            throw refused(
                "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
            );
        if (day.Length != 8 || day.ContainsAnyExceptInRange('0', '9'))
            throw refused(
                $"incorrect date format \"{day}\". This date in the credential must be in the format \"yyyyMMdd\"."
            );
        if (!services.Contains(service.ToString()))
            throw refused($"incorrect service \"{service}\". This endpoint belongs to \"{services[0]}\".");
        if (terminal is not "aws4_request")
            throw refused($"incorrect terminal \"{terminal}\". This endpoint uses \"aws4_request\".");
        return new(
            rest.ToString(),
            credential[(rest.Length + 1)..].ToString(),
            day.ToString(),
            region.ToString(),
            service.ToString()
        );
    }

    static ReadOnlySpan<char> TakeLast(ref ReadOnlySpan<char> rest)
    {
        var slash = rest.LastIndexOf('/');
        var last = rest[(slash + 1)..];
        rest = slash < 0 ? default : rest[..slash];
        return last;
    }
}
