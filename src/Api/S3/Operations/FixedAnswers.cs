using Varve.Api.S3.Protocol;

namespace Varve.Api.S3.Operations;

/// <summary>What S3 can be told of a bucket, and Varve has one way for: the answer is always the same.</summary>
static class FixedAnswers
{
    /// <summary><c>GET /{bucket}?requestPayment</c>: nobody pays here.</summary>
    public static Task GetRequestPayment(S3Request request, Backend varve, CancellationToken cancel)
    {
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("RequestPaymentConfiguration"u8);
        xml.Element("Payer"u8, "BucketOwner");
        xml.Close("RequestPaymentConfiguration"u8);
        xml.Complete();
        return Task.CompletedTask;
    }

    /// <summary><c>GET /{bucket}?logging</c>: into no bucket.</summary>
    public static Task GetLogging(S3Request request, Backend varve, CancellationToken cancel)
    {
        WriteEmpty(request, "BucketLoggingStatus"u8);
        return Task.CompletedTask;
    }

    /// <summary><c>GET /{bucket}?accelerate</c>: never set.</summary>
    public static Task GetAccelerate(S3Request request, Backend varve, CancellationToken cancel)
    {
        WriteEmpty(request, "AccelerateConfiguration"u8);
        return Task.CompletedTask;
    }

    static void WriteEmpty(S3Request request, ReadOnlySpan<byte> root)
    {
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin(root);
        xml.Close(root);
        xml.Complete();
    }
}
