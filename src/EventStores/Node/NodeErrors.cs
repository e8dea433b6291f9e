using System.Globalization;
using Grpc.Core;

namespace Varve.EventStores.Node;

/// <summary>Errors as clients of EventStoreDB know them: a status, and trailers that say more.</summary>
static class NodeErrors
{
    public static RpcException StreamDeleted(string stream) =>
        Known(StatusCode.FailedPrecondition, "stream-deleted", "Event stream is deleted.", ("stream-name", stream));

    public static RpcException WrongExpectedRevision(WrongExpectedRevision wrong) =>
        wrong.Actual == EventStores.WrongExpectedRevision.Tombstoned
            ? StreamDeleted(wrong.Stream)
            : Known(
                StatusCode.FailedPrecondition,
                "wrong-expected-version",
                "Append failed due to WrongExpectedVersion.",
                ("stream-name", wrong.Stream),
                ("expected-version", Number(wrong.Expected.Value)),
                ("actual-version", Number(wrong.Actual))
            );

    public static RpcException AccessDenied() => Known(StatusCode.PermissionDenied, "access-denied", "Access Denied");

    public static RpcException MissingMetadata() =>
        Known(
            StatusCode.InvalidArgument,
            "missing-required-metadata-property",
            "Required Metadata Property 'type' or 'content-type' is missing",
            ("required-metadata-properties", "type,content-type")
        );

    public static RpcException AppendTooLarge() =>
        Known(
            StatusCode.InvalidArgument,
            "maximum-append-size-exceeded",
            $"Maximum Append Size of {NewEvent.DataBytesMax} Exceeded.",
            ("maximum-append-size", Number(NewEvent.DataBytesMax))
        );

    public static RpcException Unauthenticated() =>
        new(new Status(StatusCode.Unauthenticated, "Credentials are missing or wrong."));

    /// <summary>Clients take it as a reason to connect anew.</summary>
    public static RpcException NotReady() => new(new Status(StatusCode.Unavailable, "Server Is Not Ready"));

    public static RpcException Invalid(string message) => new(new Status(StatusCode.InvalidArgument, message));

    /// <summary>Where EventStoreDB's own handler fails.</summary>
    public static RpcException Unexpected(string message) => new(new Status(StatusCode.Unknown, message));

    static RpcException Known(
        StatusCode status,
        string exception,
        string message,
        params ReadOnlySpan<(string Key, string Value)> more
    )
    {
        var trailers = new Metadata { { "exception", exception } };
        foreach (var (key, value) in more)
            trailers.Add(key, Ascii(value));
        return new(new Status(status, message), trailers);
    }

    /// <summary>A trailer is ASCII: what is not, is percent-encoded, since clients need the trailer to be there.
    /// </summary>
    static string Ascii(string value) =>
        value.AsSpan().ContainsAnyExceptInRange(' ', '~') ? Uri.EscapeDataString(value) : value;

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
