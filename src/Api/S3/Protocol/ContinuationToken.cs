using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;
using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>Where the next page of a list begins. Clients pass it back unread.</summary>
public static class ContinuationToken
{
    /// <param name="last">The last key or common prefix of the page before.</param>
    public static string Write(string last) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(last));

    /// <exception cref="RejectedException">InvalidArgument: we did not write it.</exception>
    public static string Read(string token)
    {
        var most = Base64Url.GetMaxDecodedLength(token.Length);
        if (token.Length > 0 && most <= S3Target.KeyBytesMax + 3)
        {
            var bytes = new byte[most];
            if (
                Base64Url.DecodeFromChars(token, bytes, out _, out var length) == OperationStatus.Done
                && length > 0
                && Utf8.IsValid(bytes.AsSpan(0, length))
            )
                return Encoding.UTF8.GetString(bytes, 0, length);
        }
        throw new RejectedException(ErrorCode.InvalidArgument, "The continuation token provided is incorrect");
    }
}
