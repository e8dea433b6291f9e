using Varve.Api.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary><c>PUT /{bucket}/{key}</c>: the body becomes the current version of the object.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"/>
static class PutObject
{
    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var id = request.Object;
        var attributes = RequestedObject.Attributes(request.Headers);
        var condition = RequestedObject.Condition(request.Headers);
        var expected = ExpectedChecksum.FromHeaders(request.Headers);
        var acl = await RequestedAcl.OfNewObject(request, request.Headers, cancel);

        await RequestedObject.Check(id, condition, varve, cancel);
        await using var staged = await IncomingBytes.Stage(request, varve, expected, expected?.Algorithm, cancel);
        var facts = await varve.Keep(staged, cancel);
        var checksum = IncomingBytes.WholeChecksum(expected?.Algorithm, staged.Checksum);
        var command = new ObjectCommand.Put(
            varve.Context(request.Caller.UserName),
            id,
            facts,
            facts.Md5!,
            attributes,
            checksum,
            ObjectOrigin.Put,
            Source: null,
            condition
        )
        {
            Acl = acl,
        };
        request.Acknowledge(await varve.Run(command, cancel));

        request.Response.Headers.ETag = ETags.Quote(facts.Md5!);
        ChecksumAnswer.WriteHeaders(request.Response.Headers, checksum);
    }
}
