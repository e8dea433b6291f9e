using System.Text;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;

namespace Varve.Api.S3.Operations;

/// <summary><c>POST /</c>: the one question of AWS STS that clients of S3 ask, who they are.</summary>
/// <seealso href="https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html"/>
static class CallerIdentity
{
    /// <summary>In bytes: a few parameters.</summary>
    public const int DocumentMax = 16 * 1024;

    public static Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var action = request.Query["Action"] ?? request.Parameters?["Action"];
        if (action != "GetCallerIdentity")
            throw new RejectedException(ErrorCode.NotImplemented, $"The action {action}.");
        request.Response.ContentType = "text/xml";
        Write(request);
        return Task.CompletedTask;
    }

    /// <summary>The parameters that a form without files has in its body.</summary>
    public static S3Query Parse(ReadOnlySpan<byte> body) => S3Query.Parse(Encoding.UTF8.GetString(body).AsMemory());

    static void Write(S3Request request)
    {
        var user = request.Caller.UserName;
        var xml = new S3XmlWriter(request.Response.BodyWriter);
        xml.Open("GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\""u8);
        xml.Open("GetCallerIdentityResult"u8);
        xml.Element("Arn"u8, UserIds.Arn(user));
        xml.Element("UserId"u8, UserIds.AccountId(user));
        xml.Element("Account"u8, UserIds.AccountId(user));
        xml.Close("GetCallerIdentityResult"u8);
        xml.Open("ResponseMetadata"u8);
        xml.Element("RequestId"u8, request.Response.Headers[RequestIds.Header].ToString());
        xml.Close("ResponseMetadata"u8);
        xml.Close("GetCallerIdentityResponse"u8);
        xml.Complete();
    }
}
