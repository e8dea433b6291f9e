using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary><c>?retention</c> of an object.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectRetention.html"/>
static class ObjectRetention
{
    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var document = S3XmlReader.Read(await request.ReadDocument(S3Documents.BytesMax, cancel), "Retention");
        var retention = Read(document);
        var wanted = Resource.Of(request) with { NewLock = new(retention, LegalHold: null) };
        await RequestAccess.Authorize(request, wanted, varve, cancel);
        var bypass = RequestedLock.Bypasses(request, wanted, varve);
        await Amendments.Run(
            request,
            (context, id, version) => new ObjectCommand.SetRetention(context, id, version, retention, bypass),
            varve,
            cancel
        );
    }

    public static async Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var retention =
            (await LockedBucket.Find(request, varve, cancel))?.Retention
            ?? throw new RejectedException(ErrorCode.NoSuchObjectLockConfiguration);
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("Retention"u8);
        xml.Element("Mode"u8, RequestedLock.NameOf(retention.Mode));
        xml.Element("RetainUntilDate"u8, RequestedLock.Format(retention.Until));
        xml.Close("Retention"u8);
        xml.Complete();
    }

    /// <returns>Null where the document is empty: the retention is taken away.</returns>
    static Retention? Read(XmlPart document)
    {
        if (document.Children.Count == 0)
            return null;
        var mode = RequestedLock.ModeOf(document.Required("Mode").Trim());
        var until = RequestedLock.DateOf(document.Required("RetainUntilDate").Trim());
        return new(
            mode ?? throw S3XmlReader.Malformed("Unknown Mode."),
            until ?? throw S3XmlReader.Malformed("RetainUntilDate is not in ISO 8601 format.")
        );
    }
}

/// <summary><c>?legal-hold</c> of an object.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLegalHold.html"/>
static class ObjectLegalHold
{
    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var document = S3XmlReader.Read(await request.ReadDocument(S3Documents.BytesMax, cancel), "LegalHold");
        var on =
            RequestedLock.HoldOf(document.Required("Status").Trim())
            ?? throw S3XmlReader.Malformed("Status is neither ON nor OFF.");
        var wanted = Resource.Of(request) with { NewLock = new(Retention: null, LegalHold: on) };
        await RequestAccess.Authorize(request, wanted, varve, cancel);
        await Amendments.Run(
            request,
            (context, id, version) => new ObjectCommand.SetLegalHold(context, id, version, on),
            varve,
            cancel
        );
    }

    public static async Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var hold =
            (await LockedBucket.Find(request, varve, cancel))?.LegalHold
            ?? throw new RejectedException(ErrorCode.NoSuchObjectLockConfiguration);
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("LegalHold"u8);
        xml.Element("Status"u8, RequestedLock.NameOf(hold));
        xml.Close("LegalHold"u8);
        xml.Complete();
    }
}

/// <summary><c>?object-lock</c> of a bucket.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html"/>
static class LockedBucket
{
    /// <summary>100 years: the longest default.</summary>
    const int DaysMax = 36_500;
    const int YearsMax = 100;

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var body = await request.ReadDocument(S3Documents.BytesMax, cancel);
        var retention = Read(S3XmlReader.Read(body, "ObjectLockConfiguration"));
        var context = varve.Context(request.Caller.UserName);
        var bucket = BucketName.Parse(request.Bucket);
        request.Acknowledge(await varve.Run(new BucketCommand.SetObjectLock(context, bucket, retention), cancel));
    }

    public static async Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var rule =
            await RuleOf(request, varve, cancel)
            ?? throw new RejectedException(ErrorCode.ObjectLockConfigurationNotFound);
        Write(request, rule);
    }

    /// <summary>The lock of the version that the request names.</summary>
    /// <exception cref="RejectedException">InvalidRequest: objects of the bucket can't be locked.</exception>
    public static async ValueTask<ObjectLock?> Find(S3Request request, Backend varve, CancellationToken cancel)
    {
        if (await RuleOf(request, varve, cancel) is null)
            throw new RejectedException(ErrorCode.InvalidRequest, "Bucket is missing Object Lock Configuration");
        return (await VersionedObject.Find(request, varve, cancel)).Lock;
    }

    static async ValueTask<ObjectLockRule?> RuleOf(S3Request request, Backend varve, CancellationToken cancel)
    {
        var stream = BucketName.Parse(request.Place!.Bucket.Name).Stream;
        return (await varve.Read(Bucket.Decider, stream, cancel)).ObjectLock;
    }

    static DefaultRetention? Read(XmlPart document)
    {
        if (document.Required("ObjectLockEnabled").Trim() != "Enabled")
            throw S3XmlReader.Malformed("ObjectLockEnabled is not Enabled.");
        if (document.Children.FirstOrDefault(part => part.Name == "Rule") is not { } rule)
            return null;
        var retention =
            rule.Children.FirstOrDefault(part => part.Name == "DefaultRetention")
            ?? throw S3XmlReader.Malformed("Rule has no DefaultRetention.");
        var mode =
            RequestedLock.ModeOf(retention.Required("Mode").Trim()) ?? throw S3XmlReader.Malformed("Unknown Mode.");
        if (retention["Days"] is null == (retention["Years"] is null))
            throw S3XmlReader.Malformed("Either Days or Years.");
        return new(mode, Period(retention["Days"], DaysMax), Period(retention["Years"], YearsMax));
    }

    static int? Period(string? text, int most)
    {
        if (text is null)
            return null;
        if (!int.TryParse(text.Trim(), System.Globalization.CultureInfo.InvariantCulture, out var number))
            throw S3XmlReader.Malformed("A period is not a number.");
        if (number <= 0)
            throw new RejectedException(ErrorCode.InvalidRetentionPeriod);
        return number <= most
            ? number
            : throw new RejectedException(ErrorCode.InvalidRetentionPeriod, "Default retention period is too large");
    }

    static void Write(S3Request request, ObjectLockRule rule)
    {
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("ObjectLockConfiguration"u8);
        xml.Element("ObjectLockEnabled"u8, "Enabled");
        if (rule.Default is { } retention)
        {
            xml.Open("Rule"u8);
            xml.Open("DefaultRetention"u8);
            xml.Element("Mode"u8, RequestedLock.NameOf(retention.Mode));
            if (retention.Days is { } days)
                xml.Element("Days"u8, days);
            if (retention.Years is { } years)
                xml.Element("Years"u8, years);
            xml.Close("DefaultRetention"u8);
            xml.Close("Rule"u8);
        }
        xml.Close("ObjectLockConfiguration"u8);
        xml.Complete();
    }
}
