using Varve.Api.S3.Permissions;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Objects;

namespace Varve.Api.S3.Operations;

/// <summary><c>POST /{bucket}</c>: a PutObject out of a form in a browser, as far as the policy in it lets. The file
/// streams like any body.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html"/>
static class PostObject
{
    const string FileNameVariable = "${filename}";

    /// <summary>Fields that say of the object what headers say of it otherwise; and all <c>x-amz-*</c>.</summary>
    static readonly string[] Kept =
    [
        "Cache-Control",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Type",
        "Content-MD5",
        "Expires",
    ];

    public static async Task Handle(S3Request request, Backend varve, CancellationToken cancel)
    {
        var http = request.Http.Request;
        using var form = await FormBody.Open(http.BodyReader, http.ContentType, cancel);
        var (caller, version) =
            await PostSignature.Verify(form.Fields, request.Accounts, request.Options.Region, cancel)
            ?? (
                request.Caller.IsAnonymous
                    ? (Caller.Anonymous, null)
                    : throw new RejectedException(ErrorCode.AccessDenied)
            );
        if (form.Fields.GetValueOrDefault("key") is not { Length: > 0 } named)
            throw new RejectedException(
                ErrorCode.InvalidArgument,
                "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the "
                    + "fields."
            );
        var key = ObjectKey.Parse(named.Replace(FileNameVariable, form.FileName, StringComparison.Ordinal)).Text;
        if (!caller.IsAnonymous)
            CheckPolicy(request, form, key, varve);

        var put = request with
        {
            Target = request.Target with { Key = key },
            Signature = request.Signature with { Caller = caller, Version = version },
            Headers = HeadersOf(form.Fields, request),
            Form = form,
        };
        RequestAccess.Require(put, S3Actions.PutObject, Resource.Of(put), varve);
        await PutObject.Handle(put, varve, cancel);
        Answer(put, form.Fields);
    }

    static void CheckPolicy(S3Request request, FormBody form, string key, Backend varve)
    {
        var policy = PostPolicy.Read(form.Fields["policy"]);
        var fields = new Dictionary<string, string>(form.Fields, StringComparer.OrdinalIgnoreCase)
        {
            ["bucket"] = request.Bucket,
            ["key"] = key,
        };
        policy.Check(fields, varve.Now);
        if (form.Fields.TryGetValue("bucket", out var bucket) && bucket != request.Bucket)
            throw new RejectedException(ErrorCode.AccessDenied);
        form.SizeRange = policy.Sizes;
    }

    static HeaderDictionary HeadersOf(Dictionary<string, string> fields, S3Request request)
    {
        var headers = new HeaderDictionary
        {
            ["User-Agent"] = request.Headers.UserAgent,
            ["Referer"] = request.Headers.Referer,
        };
        foreach (var (name, value) in fields)
            if (
                Kept.Contains(name, StringComparer.OrdinalIgnoreCase)
                || (name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase) && !IsOfSignature(name))
            )
                headers[name] = value;
        if (fields.TryGetValue("acl", out var acl))
            headers["x-amz-acl"] = acl;
        if (fields.TryGetValue("tagging", out var tagging))
            headers["x-amz-tagging"] = TagsOf(tagging);
        return headers;
    }

    static bool IsOfSignature(string field) =>
        field.ToLowerInvariant()
            is "x-amz-algorithm"
                or "x-amz-credential"
                or "x-amz-date"
                or "x-amz-signature"
                or "x-amz-security-token";

    /// <summary>XML in a form, a query in a header.</summary>
    static string TagsOf(string xml) =>
        string.Join(
            '&',
            TagSet.Read(System.Text.Encoding.UTF8.GetBytes(xml)).Select(tag => $"{Encode(tag.Key)}={Encode(tag.Value)}")
        );

    static string Encode(string text) => PercentCoding.Encode(text, keepSlash: false);

    static void Answer(S3Request request, Dictionary<string, string> fields)
    {
        var response = request.Response;
        var etag = response.Headers.ETag.ToString();
        var redirect = fields.GetValueOrDefault("success_action_redirect") ?? fields.GetValueOrDefault("redirect");
        if (Uri.TryCreate(redirect, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        {
            var said =
                $"bucket={Uri.EscapeDataString(request.Bucket)}&key={Uri.EscapeDataString(request.Key)}"
                + $"&etag={Uri.EscapeDataString(etag)}";
            response.StatusCode = StatusCodes.Status303SeeOther;
            response.Headers.Location = $"{uri.AbsoluteUri}{(uri.Query.Length > 0 ? '&' : '?')}{said}";
            return;
        }
        var path = PercentCoding.Encode(request.Key, keepSlash: true);
        var location = $"{request.Http.Request.Scheme}://{request.Http.Request.Host}/{request.Bucket}/{path}";
        response.Headers.Location = location;
        response.StatusCode = fields.GetValueOrDefault("success_action_status") switch
        {
            "200" => StatusCodes.Status200OK,
            "201" => StatusCodes.Status201Created,
            _ => StatusCodes.Status204NoContent,
        };
        if (response.StatusCode == StatusCodes.Status201Created)
            Write(request, location, etag);
    }

    static void Write(S3Request request, string location, string etag)
    {
        var xml = new S3XmlWriter(request.Xml());
        xml.Declare();
        xml.Open("PostResponse"u8);
        xml.Element("Location"u8, location);
        xml.Element("Bucket"u8, request.Bucket);
        xml.Element("Key"u8, request.Key);
        xml.ETag(etag.Trim('"'));
        xml.Close("PostResponse"u8);
        xml.Complete();
    }
}
