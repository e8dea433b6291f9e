using System.Text;
using Varve.Domain.Buckets;

namespace Varve.Domain.Objects;

/// <summary>An object's key: 1 to 1,024 bytes of UTF-8, never normalised. <c>a</c> and <c>a/</c> and <c>/a</c> are
/// three keys.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"/>
public sealed record ObjectKey
{
    public const int BytesMax = 1024;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    ObjectKey(string text) => Text = text;

    public string Text { get; }

    /// <exception cref="RejectedException">KeyTooLong; InvalidArgument if empty or not Unicode.</exception>
    public static ObjectKey Parse(string text)
    {
        if (text.Length == 0)
            throw new RejectedException(ErrorCode.InvalidArgument, "A name must not be empty.");
        try
        {
            if (text.Length > BytesMax || Strict.GetByteCount(text) > BytesMax)
                throw new RejectedException(ErrorCode.KeyTooLong, $"{text.Length} characters");
        }
        catch (EncoderFallbackException)
        {
            throw new RejectedException(ErrorCode.InvalidArgument, "The name is not valid Unicode.");
        }
        return new ObjectKey(text);
    }

    public override string ToString() => Text;
}

/// <summary>A name: the same one in REST (a user's file) and in S3 (a key in the home bucket).</summary>
public sealed record ObjectId(BucketName Bucket, ObjectKey Key)
{
    public string Stream => $"object-{Bucket.Text}/{Key.Text}";

    public override string ToString() => $"{Bucket.Text}/{Key.Text}";
}
