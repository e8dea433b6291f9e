using Varve.Api.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET /{bucket}/{key}?tagging</c>: no object has tags. Asked by clients before they copy one in parts.
/// </summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html"/>
static class GetObjectTagging
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        request.RefuseVersion();
        if (await request.FindObject(varve, cancel) is null)
            throw new RejectedException(ErrorCode.NoSuchKey);
        Write(request);
    }

    static void Write(S3Request request)
    {
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("Tagging"u8);
        xml.Open("TagSet"u8);
        xml.Close("TagSet"u8);
        xml.Close("Tagging"u8);
        xml.Complete();
    }
}
