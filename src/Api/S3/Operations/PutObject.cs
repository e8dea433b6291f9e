using Varve.Api.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain.Contents;
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
        var (tags, held) = (RequestedTags.OfNewObject(request, varve), RequestedLock.OfNewObject(request, varve));
        var expected = ExpectedChecksum.FromHeaders(request.Headers);
        var algorithm = expected?.Algorithm ?? IncomingBytes.Default;
        var acl = await RequestedAcl.OfNewObject(request, varve, cancel);

        await RequestedObject.Check(id, condition, varve, cancel);
        var key = (await request.WantedEncryption(varve, cancel))?.NewKey(varve);
        await using var taken = await IncomingBytes.Stage(request, varve, Seal.Of(key), expected, algorithm, cancel);
        var checksum = IncomingBytes.WholeChecksum(algorithm, taken.Checksum!);
        var context = varve.Context(request.Caller.UserName);
        ObjectCommand.Put Put(ContentFacts facts) =>
            new(
                context,
                id,
                facts,
                taken.ETag,
                attributes,
                checksum,
                ObjectOrigin.Put,
                Source: null,
                condition,
                Upload: null,
                key?.Kept,
                taken.Size
            )
            {
                Tags = tags,
                Lock = held,
                Acl = acl,
                Posted = request.Form is not null,
            };
        var outcome = await varve.Keep(taken.Staged, facts => varve.Run(Put(facts), cancel), cancel);
        request.Acknowledge(outcome);
        VersionedObject.TellMade(request, outcome.State<StoredObject>().Current!);

        request.Response.Headers.ETag = ETags.Quote(taken.ETag);
        request.Tell(key?.Kept);
        ChecksumAnswer.WriteHeaders(request.Response.Headers, checksum);
    }
}
