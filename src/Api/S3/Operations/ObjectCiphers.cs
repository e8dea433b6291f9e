using System.Net;
using Varve.Api.Encryption;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Projections;

namespace Varve.Api.S3.Operations;

/// <summary>Which key a request's objects are encrypted with, and whether it brings the right one.</summary>
static class ObjectCiphers
{
    const string OtherKey = "The provided encryption parameters did not match the ones used originally.";

    /// <summary>The key that the client sends along; null for none.</summary>
    /// <inheritdoc cref="EncryptionHeaders.KeyIn"/>
    public static CustomerKey? CustomerKey(this S3Request request, CustomerKeyHeaders names) =>
        EncryptionHeaders.KeyIn(
            request.Headers,
            names,
            request.Options.CustomerKeysOverHttp || request.Http.Request.IsHttps || IsSecret(request.Http)
        );

    /// <summary>What a new object is to be encrypted with: what the headers say, else what the bucket does.</summary>
    public static async ValueTask<WantedEncryption?> WantedEncryption(
        this S3Request request,
        Backend varve,
        CancellationToken cancel
    )
    {
        var customer = request.CustomerKey(CustomerKeyHeaders.Own);
        if (customer is not null && request.Headers.ContainsKey(EncryptionHeaders.Server))
            throw EncryptionHeaders.Invalid(
                "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
            );
        var server = EncryptionHeaders.AskForServerKey(request.Headers);
        if (server || customer is not null)
            return new(customer);
        var bucket = await varve.Read(Bucket.Decider, request.Object.Bucket.Stream, cancel);
        return bucket.Configuration.Encryption is not null ? new(Customer: null) : null;
    }

    /// <summary>The key of an object that is read; null where it is not encrypted.</summary>
    /// <param name="names">Of the headers that bring the client's: its own, or those of a copy's source.</param>
    /// <exception cref="RejectedException">InvalidRequest: a key is missing, none is needed, or it is another one.
    /// </exception>
    public static byte[]? KeyOf(this S3Request request, ObjectRow row, Backend varve, CustomerKeyHeaders names)
    {
        var customer = request.CustomerKey(names);
        if (row.Encryption?.Kind != EncryptionKind.CustomerKey && customer is not null)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                "The encryption parameters are not applicable to this object."
            );
        if (row.Encryption is not { } encryption)
            return null;
        if (encryption.Kind == EncryptionKind.CustomerKey && customer is null)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                "The object was stored using a form of Server Side Encryption. The correct parameters must be "
                    + "provided to retrieve the object."
            );
        return varve.Keys.Open(encryption, customer?.Bytes)
            ?? (
                customer is null
                    ? throw new InvalidOperationException("The object's key does not open with this master key.")
                    : throw new RejectedException(ErrorCode.InvalidRequest, OtherKey)
            );
    }

    /// <summary>The key of an upload that goes on; null where it is not encrypted.</summary>
    /// <exception cref="RejectedException">InvalidRequest: the request must bring the key that the upload began with.
    /// </exception>
    public static byte[]? KeyOf(this S3Request request, ObjectEncryption? encryption, Backend varve)
    {
        var customer = request.CustomerKey(CustomerKeyHeaders.Own);
        if (encryption?.Kind == EncryptionKind.CustomerKey && customer is null)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                "The multipart upload initiate requested encryption. Subsequent part requests must include the "
                    + "appropriate encryption parameters."
            );
        if (encryption?.Kind != EncryptionKind.CustomerKey && customer is not null)
            throw new RejectedException(
                ErrorCode.InvalidRequest,
                "The multipart upload was not initiated with these encryption parameters."
            );
        if (encryption is null)
            return null;
        return varve.Keys.Open(encryption, customer?.Bytes)
            ?? throw new RejectedException(ErrorCode.InvalidRequest, OtherKey);
    }

    /// <summary>SSE-S3 is asked for when an object begins, and nowhere else.</summary>
    /// <exception cref="RejectedException">InvalidArgument.</exception>
    public static void RefuseServerKey(S3Request request)
    {
        if (request.Headers.ContainsKey(EncryptionHeaders.Server))
            throw EncryptionHeaders.Invalid("x-amz-server-side-encryption header is not supported for this operation.");
    }

    /// <summary>Tells how an object is encrypted.</summary>
    public static void Tell(this S3Request request, ObjectEncryption? encryption)
    {
        var headers = request.Response.Headers;
        if (encryption?.Kind == EncryptionKind.ServerKey)
            headers[EncryptionHeaders.Server] = EncryptionHeaders.Aes256;
        if (
            encryption?.Kind != EncryptionKind.CustomerKey
            || request.CustomerKey(CustomerKeyHeaders.Own) is not { } customer
        )
            return;
        headers[CustomerKeyHeaders.Own.Algorithm] = EncryptionHeaders.Aes256;
        headers[CustomerKeyHeaders.Own.Md5] = customer.Md5;
    }

    /// <summary>Whether a proxy in front says that it was HTTPS, or there is none and nothing leaves this machine.
    /// </summary>
    static bool IsSecret(HttpContext http) =>
        http.Request.Headers["X-Forwarded-Proto"] is { Count: > 0 } outside
            ? outside == "https"
            : http.Connection.RemoteIpAddress is { } client && IPAddress.IsLoopback(client);
}

/// <param name="Customer">Null for the server's key.</param>
sealed record WantedEncryption(CustomerKey? Customer)
{
    public FreshKey NewKey(Backend varve) => varve.Keys.New(Customer?.Bytes);

    public ObjectEncryption Wrap(byte[] key, Backend varve) => varve.Keys.Wrap(key, Customer?.Bytes);
}
