using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using Varve.Api.S3.Operations;
using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Projections;

namespace Varve.Api.S3;

/// <summary>A request whose signature was right and whose caller may ask it, and the response to it.</summary>
/// <param name="Place">The bucket, where the operation is about one that must be there; else null.</param>
public sealed record S3Request(
    HttpContext Http,
    S3Operation Operation,
    S3Target Target,
    VerifiedRequest Signature,
    Place? Place,
    S3Options Options
)
{
    ObjectRow? found;
    StoredVersion? foundVersion;
    bool looked;

    /// <summary>Finds whom grants name.</summary>
    public required UserDirectory Users { get; init; }

    /// <summary>Finds who signed a form.</summary>
    public required FindAccount Accounts { get; init; }

    /// <summary>Where the object comes in a form: the body.</summary>
    public FormBody? Form { get; init; }

    /// <summary>What a request to the service has in its body, written like a query; null where it has none.</summary>
    public S3Query? Parameters { get; init; }

    /// <summary>Of a form: its fields, by the names that headers have.</summary>
    public IHeaderDictionary Headers { get; init; } = Http.Request.Headers;

    /// <summary>The version whose list and tags the caller's right to change it was judged by, as the log had it: no
    /// other is changed. Null where that did not count.</summary>
    internal Judgement? Judged { get; set; }

    public Caller Caller => Signature.Caller;

    public S3Query Query => Target.Query;

    public HttpResponse Response => Http.Response;

    /// <summary>Of the bucket; the caller where the operation is about none.</summary>
    public string Owner => Place?.Bucket.Owner ?? Caller.UserName;

    /// <summary>As named: of a bucket's past, with the instant.</summary>
    public string Bucket => Target.Bucket!;

    public string Key => Target.Key!;

    public ObjectId Object => new(BucketName.Parse(Bucket), ObjectKey.Parse(Key));

    /// <summary>The object that the request names; null if there is none, or was none then.</summary>
    public async ValueTask<ObjectRow?> FindObject(Backend varve, CancellationToken cancel)
    {
        if (!looked)
            (found, looked) = (await Place!.Find(Key, varve, cancel), true);
        return found;
    }

    /// <summary>The version that the request names; null if there is none.</summary>
    public async ValueTask<StoredVersion?> FindVersion(Backend varve, CancellationToken cancel)
    {
        if (!looked)
        {
            var id = this.VersionId()!;
            (foundVersion, looked) = (await varve.Reads.FindStoredVersion(Place!.Bucket.Name, Key, id, cancel), true);
        }
        return foundVersion;
    }

    /// <summary>Opens the body; dispose it.</summary>
    public RequestBody OpenBody() => Form ?? RequestBody.Open(Http.Request.BodyReader, Headers, Signature);

    /// <summary>Reads a document, whole, and checks every digest that was sent with it.</summary>
    /// <param name="sizeMax">In bytes.</param>
    public async ValueTask<ReadOnlyMemory<byte>> ReadDocument(int sizeMax, CancellationToken cancel)
    {
        if (Headers.ContentLength is null && Headers.TransferEncoding.Count == 0)
            return default;
        using var body = OpenBody();
        var document = await S3Documents.ReadWhole(body, sizeMax, cancel);
        Signature.Payload.Check(SHA256.HashData(document.Span));
        if (ExpectedChecksum.ContentMd5(Headers) is { } md5 && !md5.AsSpan().SequenceEqual(MD5.HashData(document.Span)))
            throw new RejectedException(ErrorCode.BadDigest);
        return document;
    }

    /// <summary>Begins an answer in XML, or goes on with it: it follows in what is returned.</summary>
    public IBufferWriter<byte> Xml()
    {
        if (!Response.HasStarted)
            Response.ContentType = "application/xml";
        return Response.BodyWriter;
    }

    /// <summary>Tells the caller how far the log was when the command had been done.</summary>
    public void Acknowledge(Outcome outcome)
    {
        if (outcome.Position is { } position)
            Acknowledge(position);
    }

    public void Acknowledge(long position) =>
        Response.Headers[S3Headers.Position] = position.ToString(CultureInfo.InvariantCulture);

    /// <summary>Where nothing was left to do, what was done before is within the log's head.</summary>
    public async ValueTask AcknowledgeAgain(Backend varve, CancellationToken cancel) =>
        Acknowledge((await varve.Events.Head(cancel)).Value);

    /// <param name="name">Of a parameter in the query.</param>
    /// <exception cref="RejectedException">InvalidArgument: it is no number, or less than <paramref name="least"/>.
    /// </exception>
    public int Number(string name, int unset, int least, int most)
    {
        if (Query[name] is not { Length: > 0 } text)
            return unset;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least
            ? Math.Min(number, most)
            : throw new RejectedException(
                ErrorCode.InvalidArgument,
                $"{name} is not an integer, or not within its range."
            );
    }
}
