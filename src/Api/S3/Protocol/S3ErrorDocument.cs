using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;

namespace Varve.Api.S3.Protocol;

/// <summary>The body of an S3 error.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"/>
public static class S3ErrorDocument
{
    /// <param name="code">S3's own, such as <c>NoSuchKey</c>.</param>
    /// <param name="resource">As <see cref="S3Target.Resource"/> has it.</param>
    /// <param name="requestId">The same as in <see cref="RequestIds.Header"/>.</param>
    /// <param name="hostId">The same as in <see cref="RequestIds.HostHeader"/>.</param>
    /// <param name="begun">Whether the declaration has gone out before.</param>
    public static void Write(
        IBufferWriter<byte> output,
        string code,
        string message,
        string resource,
        string requestId,
        string hostId,
        bool begun
    )
    {
        var xml = new S3XmlWriter(output);
        if (!begun)
            xml.Declare();
        xml.Open("Error"u8);
        xml.Element("Code"u8, code);
        xml.Element("Message"u8, message);
        xml.Element("Resource"u8, resource);
        xml.Element("RequestId"u8, requestId);
        xml.Element("HostId"u8, hostId);
        xml.Close("Error"u8);
        xml.Complete();
    }
}

/// <summary>The two ids that every S3 answer carries, for people to quote.</summary>
public static class RequestIds
{
    public const string Header = "x-amz-request-id";

    public const string HostHeader = "x-amz-id-2";

    /// <summary>Of this process: all its answers share it.</summary>
    public static readonly string Host = Convert.ToBase64String(RandomNumberGenerator.GetBytes(24));

    /// <returns>16 digits of upper-case hex, like those of AWS. Unlikely to repeat; not a secret.</returns>
    public static string Next() => Random.Shared.NextInt64().ToString("X16", CultureInfo.InvariantCulture);
}
