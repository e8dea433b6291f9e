using System.Globalization;
using Varve.Api.S3.Permissions;
using Varve.Domain;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary>Object Lock in headers.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html"/>
static class RequestedLock
{
    const string Mode = "x-amz-object-lock-mode";
    const string Until = "x-amz-object-lock-retain-until-date";
    const string Bypass = "x-amz-bypass-governance-retention";
    const string LegalHold = "x-amz-object-lock-legal-hold";

    /// <summary>Of an object that is made, by who may lock it.</summary>
    /// <returns>Null where the request says nothing of it.</returns>
    /// <exception cref="RejectedException">AccessDenied, InvalidArgument.</exception>
    public static ObjectLock? OfNewObject(S3Request request, Backend varve)
    {
        var held = From(request.Headers);
        if (held?.Retention is not null)
            RequestAccess.Require(request, S3Actions.PutObjectRetention, Resource.Of(request), varve);
        if (held?.LegalHold is not null)
            RequestAccess.Require(request, S3Actions.PutObjectLegalHold, Resource.Of(request), varve);
        return held;
    }

    /// <returns>Null where they say nothing of it.</returns>
    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static ObjectLock? From(IHeaderDictionary headers)
    {
        var (mode, until, hold) = (headers[Mode].ToString(), headers[Until].ToString(), headers[LegalHold].ToString());
        if (mode.Length == 0 && until.Length == 0 && hold.Length == 0)
            return null;
        if (mode.Length == 0 != (until.Length == 0))
            throw Invalid($"{Until} and {Mode} must both be supplied");
        var retention =
            mode.Length == 0
                ? null
                : new Retention(
                    ModeOf(mode) ?? throw Invalid("Unknown wormMode directive."),
                    DateOf(until) ?? throw Invalid("The retain until date must be provided in ISO 8601 format")
                );
        return new(retention, hold.Length == 0 ? null : HoldOf(hold) ?? throw Invalid(LegalHoldValues));
    }

    /// <summary>Whether the caller asks to set a governance retention aside, and may.</summary>
    public static bool Bypasses(S3Request request, Resource resource, Backend varve) =>
        string.Equals(request.Headers[Bypass], "true", StringComparison.OrdinalIgnoreCase)
        && RequestAccess.Allows(request, S3Actions.BypassGovernance, resource, varve);

    public static void Write(IHeaderDictionary headers, Retention retention)
    {
        headers[Mode] = NameOf(retention.Mode);
        headers[Until] = Format(retention.Until);
    }

    public static void Write(IHeaderDictionary headers, bool hold) => headers[LegalHold] = NameOf(hold);

    public static RetentionMode? ModeOf(string name) =>
        name switch
        {
            "GOVERNANCE" => RetentionMode.Governance,
            "COMPLIANCE" => RetentionMode.Compliance,
            _ => null,
        };

    public static string NameOf(RetentionMode mode) => mode == RetentionMode.Governance ? "GOVERNANCE" : "COMPLIANCE";

    public static bool? HoldOf(string name) =>
        name switch
        {
            "ON" => true,
            "OFF" => false,
            _ => null,
        };

    public static string NameOf(bool hold) => hold ? "ON" : "OFF";

    public static DateTimeOffset? DateOf(string text) =>
        DateTimeOffset.TryParse(
            text,
            CultureInfo.InvariantCulture,
            DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal,
            out var date
        )
            ? date
            : null;

    public static string Format(DateTimeOffset date) =>
        date.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    const string LegalHoldValues = "Legal Hold must be either of 'ON' or 'OFF'";

    static RejectedException Invalid(string detail) => new(ErrorCode.InvalidArgument, detail);
}
