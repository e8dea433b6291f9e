using System.Security.Cryptography;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>A key that a client sends along (SSE-C). It is used for the request and kept nowhere.</summary>
/// <param name="Bytes">32 of them.</param>
/// <param name="Md5">Base64, as sent: answers repeat it.</param>
public sealed record CustomerKey(byte[] Bytes, string Md5);

/// <summary>The three headers that bring a key.</summary>
public sealed record CustomerKeyHeaders(string Algorithm, string Key, string Md5)
{
    /// <summary>The key of the object that is read or written.</summary>
    public static readonly CustomerKeyHeaders Own = Of(EncryptionHeaders.Server);

    /// <summary>The key of a copy's source.</summary>
    public static readonly CustomerKeyHeaders OfSource = Of("x-amz-copy-source-server-side-encryption");

    static CustomerKeyHeaders Of(string name) =>
        new($"{name}-customer-algorithm", $"{name}-customer-key", $"{name}-customer-key-MD5");
}

/// <summary>What headers say of encryption.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html"/>
static class EncryptionHeaders
{
    public const string Server = "x-amz-server-side-encryption";

    public const string Aes256 = "AES256";

    const string Requests = "Requests specifying Server Side Encryption with Customer provided keys must ";

    /// <param name="isSecret">Whether nobody can listen, or that does not matter.</param>
    /// <returns>Null where the client sends no key.</returns>
    /// <exception cref="RejectedException">InvalidArgument, InvalidEncryptionAlgorithm, InvalidRequest.</exception>
    public static CustomerKey? KeyIn(IHeaderDictionary headers, CustomerKeyHeaders names, bool isSecret)
    {
        var (algorithm, key, md5) = (
            headers[names.Algorithm].ToString(),
            headers[names.Key].ToString(),
            headers[names.Md5].ToString()
        );
        if (algorithm.Length == 0 && key.Length == 0 && md5.Length == 0)
            return null;
        if (!isSecret)
            throw new RejectedException(ErrorCode.InvalidRequest, $"{Requests}be made over a secure connection.");
        if (algorithm.Length == 0)
            throw Invalid($"{Requests}provide a valid encryption algorithm.");
        if (algorithm != Aes256)
            throw new RejectedException(ErrorCode.InvalidEncryptionAlgorithm);
        if (key.Length == 0)
            throw Invalid($"{Requests}provide an appropriate secret key.");
        if (md5.Length == 0)
            throw Invalid($"{Requests}provide the client calculated MD5 of the secret key.");
        var bytes = new byte[33];
        if (!Convert.TryFromBase64String(key, bytes, out var length) || length != 32)
            throw Invalid("The secret key was invalid for the specified algorithm.");
        if (Convert.ToBase64String(MD5.HashData(bytes.AsSpan(0, length))) != md5)
            throw Invalid("The calculated MD5 hash of the key did not match the hash that was provided.");
        return new(bytes[..length], md5);
    }

    /// <summary>Whether SSE-S3 is asked for.</summary>
    /// <exception cref="RejectedException">NotImplemented for KMS; InvalidArgument.</exception>
    public static bool AskForServerKey(IHeaderDictionary headers)
    {
        var mode = headers[Server].ToString();
        if (mode.StartsWith("aws:kms", StringComparison.Ordinal))
            throw new RejectedException(ErrorCode.NotImplemented, $"{Server}: {mode}");
        if (headers.ContainsKey($"{Server}-aws-kms-key-id") || headers.ContainsKey($"{Server}-context"))
            throw Invalid(
                "Server Side Encryption with AWS KMS managed key requires HTTP header "
                    + "x-amz-server-side-encryption : aws:kms"
            );
        return mode switch
        {
            "" => false,
            Aes256 => true,
            _ => throw Invalid("The encryption method specified is not supported"),
        };
    }

    public static RejectedException Invalid(string detail) => new(ErrorCode.InvalidArgument, detail);
}
