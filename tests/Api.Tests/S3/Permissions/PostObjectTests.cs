using System.Security.Cryptography;
using System.Text;
using Varve.Api.S3;
using Varve.Api.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.Tests.S3.Permissions;

/// <summary>PostObject: uploads out of a form in a browser.</summary>
public sealed class PostObjectTests(S3Host host)
{
    static readonly byte[] Bar = "bar"u8.ToArray();

    RawS3 Ana => host.Raw("ana");

    [Fact]
    public async Task A_form_is_signed_for_the_region_that_is_accepted()
    {
        var fields = new Dictionary<string, string>
        {
            ["policy"] = "e30=",
            ["x-amz-algorithm"] = "AWS4-HMAC-SHA256",
            ["x-amz-credential"] = "ana/20260101/eu-west-9/s3/aws4_request",
            ["x-amz-date"] = "20260101T000000Z",
            ["x-amz-signature"] = new string('0', 64),
        };
        Assert.Equal(ErrorCode.InvalidArgument, await Refused("us-east-1"));
        Assert.Equal(ErrorCode.SignatureDoesNotMatch, await Refused("eu-west-9"));
        Assert.Equal(ErrorCode.SignatureDoesNotMatch, await Refused(null));

        async Task<ErrorCode> Refused(string? region)
        {
            var verified = PostSignature.Verify(fields, Find, region, TestContext.Current.CancellationToken);
            return (await Assert.ThrowsAsync<RejectedException>(async () => await verified)).Rejection.Code;
        }

        static ValueTask<S3Account?> Find(string key, CancellationToken cancel) =>
            ValueTask.FromResult<S3Account?>(new(new Caller(key, Root: false), "secret"));
    }

    [Fact]
    public async Task A_signed_form_makes_an_object()
    {
        var bucket = await host.NewBucket();
        var form = new PostForm()
            .Field("key", "foo.txt")
            .Field("acl", "private")
            .Field("Content-Type", "text/plain")
            .Field("x-amz-meta-colour", "red")
            .Field("x-ignore-foo", "bar")
            .SignedBy("ana", [.. Conditions(bucket), Eq("x-amz-meta-colour", "red")]);
        var answer = await form.Send(Ana, bucket, Bar);
        Assert.Equal((204, ""), (answer.Status, answer.Text));
        var made = await Ana.Send("GET", $"/{bucket}/foo.txt");
        Assert.Equal(
            ("bar", "text/plain", "red", answer.Headers["etag"]),
            (made.Text, made.Headers["content-type"], made.Headers["x-amz-meta-colour"], made.Headers["etag"])
        );
    }

    [Fact]
    public async Task A_checksum_needs_no_condition_and_must_be_right()
    {
        var bucket = await host.NewBucket();
        Assert.Equal(204, await Send(Convert.ToBase64String(SHA256.HashData(Bar))));
        Assert.Equal(400, await Send(Convert.ToBase64String(SHA256.HashData([]))));
        Assert.Equal(400, await Send("sailorjerry"));

        async Task<int> Send(string checksum) =>
            (
                await new PostForm()
                    .Field("key", "foo.txt")
                    .Field("acl", "private")
                    .Field("Content-Type", "text/plain")
                    .Field("x-amz-checksum-sha256", checksum)
                    .SignedBy("ana", Conditions(bucket))
                    .Send(Ana, bucket, Bar)
            ).Status;
    }

    [Fact]
    public async Task Names_and_operators_have_no_case_and_old_signatures_count()
    {
        var bucket = await host.NewBucket();
        var policy = PostForm.Policy(
            [
                new Dictionary<string, string> { ["bUcKeT"] = bucket },
                new[] { "StArTs-WiTh", "$KeY", "foo" },
                new Dictionary<string, string> { ["AcL"] = "private" },
                new[] { "StArTs-WiTh", "$CoNtEnT-TyPe", "text/plain" },
                new object[] { "content-length-range", 0, 1024 },
            ],
            Later
        );
        var form = new PostForm()
            .Field("kEy", "foo.txt")
            .Field("aCl", "private")
            .Field("Content-Type", "text/plain")
            .SignedOldBy("ana", policy);
        Assert.Equal(204, (await form.Send(Ana, bucket, Bar)).Status);
        Assert.Equal("bar", (await Ana.Send("GET", $"/{bucket}/foo.txt")).Text);
    }

    [Fact]
    public async Task Anybody_uploads_where_the_bucket_lets_them()
    {
        var bucket = await host.NewBucket();
        PostForm Form() => new PostForm().Field("key", "${filename}").Field("acl", "public-read");
        Assert.Equal(403, (await Form().Send(Ana, bucket, Bar)).Status);
        await Ana.Send("PUT", $"/{bucket}?acl", null, ("x-amz-acl", "public-read-write"));
        Assert.Equal(204, (await Form().Send(Ana, bucket, Bar, "häßlich.txt")).Status);
        Assert.Equal("bar", (await Ana.SendUnsigned("GET", $"/{bucket}/h%C3%A4%C3%9Flich.txt")).Text);
    }

    [Theory]
    [InlineData("200", 200), InlineData("201", 201), InlineData("204", 204), InlineData("404", 204)]
    public async Task A_form_chooses_its_answer(string wanted, int status)
    {
        var bucket = await host.NewBucket();
        var form = new PostForm()
            .Field("key", "a b/c.txt")
            .Field("success_action_status", wanted)
            .SignedBy("ana", [Eq("bucket", bucket), Any("key"), Any("success_action_status")]);
        var answer = await form.Send(Ana, bucket, Bar);
        Assert.Equal(status, answer.Status);
        if (status == 201)
            Assert.Equal(
                ("PostResponse", bucket, "a b/c.txt", answer.Headers["location"]),
                (
                    answer.Xml.Name.ToString(),
                    (string?)answer.Xml.Element("Bucket"),
                    (string?)answer.Xml.Element("Key"),
                    (string?)answer.Xml.Element("Location")
                )
            );
        else
            Assert.Equal("", answer.Text);
    }

    [Fact]
    public async Task A_form_sends_the_browser_on()
    {
        var bucket = await host.NewBucket();
        var form = new PostForm()
            .Field("key", "foo.txt")
            .Field("success_action_redirect", "http://pages.example/done")
            .SignedBy("ana", [Eq("bucket", bucket), Any("key"), Any("success_action_redirect")]);
        var answer = await form.Send(Ana, bucket, Bar);
        Assert.Equal(303, answer.Status);
        Assert.Equal(
            $"http://pages.example/done?bucket={bucket}&key=foo.txt&etag=%22{answer.Headers["etag"].Trim('"')}%22",
            answer.Headers["location"]
        );
    }

    [Theory]
    [InlineData(0, 1000, 1000, 204, "")]
    [InlineData(0, 999, 1000, 400, "EntityTooLarge")]
    [InlineData(1001, 2000, 1000, 400, "EntityTooSmall")]
    [InlineData(0, 9_000_000, 3_000_000, 204, "")]
    public async Task A_policy_bounds_the_file(int least, int most, int size, int status, string code)
    {
        var bucket = await host.NewBucket();
        var file = new byte[size];
        new Random(size).NextBytes(file);
        var range = new object[] { "content-length-range", least, most };
        var form = new PostForm().Field("key", "k").SignedBy("ana", [Eq("bucket", bucket), Any("key"), range]);
        var answer = await form.Send(Ana, bucket, file);
        Assert.Equal((status, code), (answer.Status, answer.Code));
        var made = await Ana.Send("GET", $"/{bucket}/k");
        Assert.Equal(status == 204 ? 200 : 404, made.Status);
        if (status == 204)
            Assert.Equal(file, made.Body);
    }

    [Theory]
    [InlineData("\r\n"), InlineData("\r\n------boundary-of-a-for"), InlineData("--"), InlineData("")]
    public async Task A_file_may_look_like_the_end_of_a_form(string text)
    {
        var bucket = await host.NewBucket();
        var form = new PostForm().Field("key", "k").SignedBy("ana", [Eq("bucket", bucket), Any("key")]);
        var file = Encoding.UTF8.GetBytes(text);
        Assert.Equal(204, (await form.Send(Ana, bucket, file)).Status);
        Assert.Equal(file, (await Ana.Send("GET", $"/{bucket}/k")).Body);
    }

    [Fact]
    public async Task A_policy_refuses_what_it_does_not_name()
    {
        var bucket = await host.NewBucket();
        var other = await host.NewBucket();
        PostForm Form() => new PostForm().Field("key", "foo.txt");
        var key = Any("key");
        var here = Eq("bucket", bucket);
        await Refused(Form().SignedBy("ana", [key]), bucket, 403, "AccessDenied"); // no condition for the bucket
        await Refused(Form().SignedBy("ana", [here, key]), other, 403, "AccessDenied");
        await Refused(Form().Field("x-amz-meta-a", "b").SignedBy("ana", [here, key]), bucket, 403, "AccessDenied");
        await Refused(Form().SignedBy("ana", [here, key, Eq("x-amz-meta-a", "b")]), bucket, 403, "AccessDenied");
        await Refused(
            Form().Field("x-amz-meta-a", "b").SignedBy("ana", [here, key, Eq("x-amz-meta-a", "")]),
            bucket,
            403,
            "AccessDenied"
        );
        await Refused(Form().SignedBy("ana", [here, key], TimeSpan.FromSeconds(-5)), bucket, 403, "AccessDenied");
        await Refused(Form().SignedBy("bob", [here, key]), bucket, 403, "AccessDenied"); // who may not write there
    }

    [Fact]
    public async Task A_form_that_is_incomplete_or_wrongly_signed_is_refused()
    {
        var bucket = await host.NewBucket();
        object[] conditions = [Eq("bucket", bucket), Any("key")];
        var policy = PostForm.Policy(conditions, Later);
        PostForm Form() => new PostForm().Field("key", "k");
        await Refused(new PostForm().SignedBy("ana", conditions), bucket, 400, "InvalidArgument");
        await Refused(Form().Field("policy", policy).Field("AWSAccessKeyId", "ana"), bucket, 400, "InvalidArgument");
        await Refused(Form().Field("signature", "x").Field("AWSAccessKeyId", "ana"), bucket, 400, "InvalidArgument");
        await Refused(Form().SignedOldBy("eve", policy), bucket, 403, "InvalidAccessKeyId");
        var changed = Form().Field("signature", "AAAA").SignedOldBy("ana", policy);
        await Refused(changed, bucket, 403, "SignatureDoesNotMatch");
        Assert.Equal("InvalidArgument", (await Form().SignedBy("ana", conditions).Send(Ana, bucket, file: null)).Code);
        var noForm = await Ana.SendUnsigned("POST", $"/{bucket}", Bar, ("content-type", "text/plain"));
        Assert.Equal((412, "PreconditionFailed"), (noForm.Status, noForm.Code));
        var long_ = Form().Field("x-amz-meta-a", new string('x', 30_000));
        await Refused(long_, bucket, 400, "MaxPostPreDataLengthExceededError");
    }

    [Theory]
    [InlineData("""{"conditions":[]}""")]
    [InlineData("""{"expiration":"2099-01-01T00:00:00Z"}""")]
    [InlineData("""{"expiration":"2099-01-01T00:00:00Z","CONDITIONS":[]}""")]
    [InlineData("""{"EXPIRATION":"2099-01-01T00:00:00Z","conditions":[]}""")]
    [InlineData("""{"expiration":"soon","conditions":[]}""")]
    [InlineData("""{"expiration":"2099-01-01T00:00:00Z","conditions":[{}]}""")]
    [InlineData("""{"expiration":"2099-01-01T00:00:00Z","conditions":[["content-length-range",0]]}""")]
    [InlineData("""{"expiration":"2099-01-01T00:00:00Z","conditions":[["content-length-range",-1,0]]}""")]
    [InlineData("""{"expiration":"2099-01-01T00:00:00Z","conditions":[["ends-with","$key","a"]]}""")]
    [InlineData("""{"expiration":"2099-01-01T00:00:00Z","conditions":[["eq","key","a"]]}""")]
    [InlineData("""{"expiration":"2099-01-01T00:00:00Z","conditions":[{"key":1}]}""")]
    [InlineData("""{""")]
    [InlineData("""[]""")]
    public async Task A_policy_that_means_nothing_is_refused(string text)
    {
        var bucket = await host.NewBucket();
        var policy = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        await Refused(
            new PostForm().Field("key", "k").SignedOldBy("ana", policy),
            bucket,
            400,
            "InvalidPolicyDocument"
        );
    }

    static DateTimeOffset Later => TimeProvider.System.GetUtcNow().AddMinutes(5);

    static object[] Conditions(string bucket) =>
        [
            Eq("bucket", bucket),
            new[] { "starts-with", "$key", "foo" },
            new[] { "eq", "$acl", "private" },
            new[] { "starts-with", "$Content-Type", "text/plain" },
            new object[] { "content-length-range", 0, 1024 },
        ];

    static Dictionary<string, string> Eq(string field, string value) => new() { [field] = value };

    static string[] Any(string field) => ["starts-with", $"${field}", ""];

    async Task Refused(PostForm form, string bucket, int status, string code)
    {
        var answer = await form.Send(Ana, bucket, Bar);
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.Equal([], (await Ana.Send("GET", $"/{bucket}")).Elements("Key"));
    }
}
