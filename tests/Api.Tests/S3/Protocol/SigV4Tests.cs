using Microsoft.AspNetCore.Http;
using Varve.Api.S3;
using Varve.Api.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.Tests.S3.Protocol;

public sealed class SigV4Tests
{
    const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    static readonly SigV4Signer Signer = SigV4Signer.Example;
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The examples of "Authenticating Requests: Using the Authorization Header".</summary>
    [Theory]
    [InlineData(
        "GET",
        "/test.txt",
        EmptyHash,
        "range: bytes=0-9",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    )]
    [InlineData(
        "PUT",
        "/test$file.text",
        "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        "date: Fri, 24 May 2013 00:00:00 GMT|x-amz-storage-class: REDUCED_REDUNDANCY",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    )]
    [InlineData(
        "GET",
        "/?lifecycle",
        EmptyHash,
        "",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    )]
    [InlineData(
        "GET",
        "/?max-keys=2&prefix=J",
        EmptyHash,
        "",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )]
    [InlineData(
        "GET",
        "/?prefix=J&max-keys=2",
        EmptyHash,
        "",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    )]
    public async Task The_examples_of_AWS_are_verified(
        string method,
        string target,
        string payload,
        string more,
        string signature
    )
    {
        var headers = Headers("examplebucket.s3.amazonaws.com");
        foreach (var line in more.Split('|', StringSplitOptions.RemoveEmptyEntries))
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 2)..];
        headers["x-amz-date"] = Signer.Timestamp;
        headers["x-amz-content-sha256"] = payload;
        var names = string.Join(';', headers.Keys.Order(StringComparer.Ordinal)).ToLowerInvariant();
        headers["authorization"] =
            $"AWS4-HMAC-SHA256 Credential={Signer.AccessKey}/{Signer.Scope},SignedHeaders={names},Signature={signature}";

        var verified = await Verify(method, target, headers);

        Assert.Equal(("ana", signature), (verified!.Caller.UserName, verified.Signature));
        Assert.Equal(PayloadMode.Sha256, verified.Payload.Mode);
    }

    [Fact]
    public async Task The_presigned_example_of_AWS_is_verified()
    {
        var target =
            "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
        var headers = Headers("examplebucket.s3.amazonaws.com");
        Assert.True((await Verify("GET", target, headers, TimeSpan.FromHours(23)))!.IsPresigned);
        await IsRefused(ErrorCode.SignatureDoesNotMatch, "PUT", target, headers);
        await IsRefused(ErrorCode.AccessDenied, "GET", target, headers, TimeSpan.FromHours(25), "expired");
        await IsRefused(ErrorCode.AccessDenied, "GET", target, headers, TimeSpan.FromMinutes(-16), "not valid yet");
    }

    [Theory]
    [InlineData("/b/a%20b", "/b/a%20b")]
    [InlineData("/b/a%2Fb", "/b/a/b")]
    [InlineData("/b/a%2Fb", "/b/a%2Fb")]
    [InlineData("/b/a+b", "/b/a%2Bb")]
    [InlineData("/b/a+b", "/b/a+b")]
    [InlineData("/b/a%252Fb", "/b/a%252Fb")]
    [InlineData("/b//../a", "/b//../a")]
    [InlineData("/b/%e7%a7%92", "/b/%E7%A7%92")]
    [InlineData("/b/%7Ea", "/b/~a")]
    public async Task A_path_is_signed_as_AWS_encodes_it_or_as_it_was_sent(string sent, string canonical)
    {
        var headers = Headers("h");
        Signer.SignHeaders("GET", canonical, [], headers, EmptyHash);
        Assert.NotNull(await Verify("GET", sent, headers));
    }

    [Fact]
    public async Task A_header_is_signed_without_its_superfluous_blanks()
    {
        var headers = Headers("h");
        headers["x-amz-meta-a"] = "  b   c  d ";
        headers["x-amz-meta-é"] = new(["one", " two  "]);
        Signer.SignHeaders("PUT", "/b/k", [], headers, "UNSIGNED-PAYLOAD");
        Assert.NotNull(await Verify("PUT", "/b/k", headers));
    }

    [Fact]
    public async Task Parameters_are_sorted_by_name_and_then_by_value()
    {
        (string, string)[] query = [("a-b", "1"), ("a", "2"), ("a", "1 +"), ("A", "é"), ("acl", "")];
        var headers = Headers("h");
        Signer.SignHeaders("GET", "/b", query, headers, EmptyHash);
        Assert.NotNull(await Verify("GET", "/b?a-b=1&acl&a=2&A=%C3%A9&a=1+%2B", headers));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("Basic abc", true)]
    [InlineData("AWS HAHAHA", true)]
    public async Task An_empty_authorization_is_none_and_a_foreign_one_is_InvalidArgument(string text, bool refused)
    {
        var headers = Headers("h");
        headers["authorization"] = text;
        if (refused)
            await IsRefused(ErrorCode.InvalidArgument, "GET", "/b", headers);
        else
            Assert.Null(await Verify("GET", "/b", headers));
    }

    [Fact]
    public async Task Signature_version_2_is_told_what_to_use_instead()
    {
        var headers = Headers("h");
        headers["authorization"] = "AWS AKIA:c2ln";
        await IsRefused(ErrorCode.InvalidRequest, "GET", "/b", headers, default, "Please use AWS4-HMAC-SHA256");
        await IsRefused(ErrorCode.InvalidRequest, "GET", "/b?AWSAccessKeyId=a&Signature=b&Expires=1", Headers("h"));
    }

    [Theory]
    [InlineData("Credential=x", "requires three components")]
    [InlineData("Credential=A/20130524/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=", "three components")]
    [InlineData("Credential=A/20130524,SignedHeaders=host,Signature=x", "the Credential is mal-formed")]
    [InlineData("Credential=A/20130524/r/ec2/aws4_request,SignedHeaders=host,Signature=x", "incorrect service \"ec2\"")]
    [InlineData("Credential=A/20130524/r/s3/aws5,SignedHeaders=host,Signature=x", "incorrect terminal \"aws5\"")]
    [InlineData("Credential=A/today/r/s3/aws4_request,SignedHeaders=host,Signature=x", "incorrect date format")]
    [InlineData("Credential=A/20130525/r/s3/aws4_request,SignedHeaders=host,Signature=x", "not the same as X-Amz-Date")]
    [InlineData("Nonsense", "the authorization component \"Nonsense\" is malformed")]
    public async Task A_malformed_authorization_is_told_what_is_wrong(string components, string words)
    {
        var headers = Headers("h");
        headers["x-amz-date"] = Signer.Timestamp;
        headers["x-amz-content-sha256"] = EmptyHash;
        headers["authorization"] = "AWS4-HMAC-SHA256 " + components;
        await IsRefused(ErrorCode.AuthorizationHeaderMalformed, "GET", "/b", headers, default, words);
    }

    [Theory]
    [InlineData("X-Amz-Expires=600", "X-Amz-Expires=soon", "should be a number")]
    [InlineData("X-Amz-Expires=600&", "", "requires the X-Amz-Algorithm")]
    [InlineData("AWS4-HMAC-SHA256", "AWS5", "only supports")]
    [InlineData("%2Fs3%2F", "%2Fs4%2F", "incorrect service")]
    [InlineData("X-Amz-Date=2013", "X-Amz-Date=x013", "ISO8601 Long Format")]
    [InlineData("X-Amz-Date=20130524", "X-Amz-Date=20130525", "not the same")]
    public async Task A_malformed_presigned_query_is_told_what_is_wrong(string part, string instead, string words)
    {
        var target = Signer.Presign("GET", "/b/k", [], Headers("h"), 600);
        Assert.Contains(part, target, StringComparison.Ordinal);
        await IsRefused(
            ErrorCode.AuthorizationQueryParametersError,
            "GET",
            target.Replace(part, instead, StringComparison.Ordinal),
            Headers("h"),
            default,
            words
        );
    }

    [Theory, InlineData(604_801, "less than a week"), InlineData(-7, "non-negative")]
    public Task A_presigned_URL_that_never_holds_gives_no_access(int seconds, string words) =>
        IsRefused(
            ErrorCode.AccessDenied,
            "GET",
            Signer.Presign("GET", "/b/k", [], Headers("h"), seconds),
            Headers("h"),
            default,
            words
        );

    [Fact]
    public async Task A_clock_that_is_off_by_more_than_15_minutes_is_RequestTimeTooSkewed()
    {
        var headers = Signed("GET", "/b");
        Assert.NotNull(await Verify("GET", "/b", headers, TimeSpan.FromMinutes(15)));
        Assert.NotNull(await Verify("GET", "/b", headers, TimeSpan.FromMinutes(-15)));
        await IsRefused(ErrorCode.RequestTimeTooSkewed, "GET", "/b", headers, TimeSpan.FromSeconds(901));
        await IsRefused(ErrorCode.RequestTimeTooSkewed, "GET", "/b", headers, TimeSpan.FromSeconds(-901));
    }

    [Fact]
    public async Task A_presigned_url_holds_as_long_as_it_says_and_not_as_clocks_may_be_off()
    {
        var target = Signer.Presign("GET", "/b/k", [("response-content-type", "a/b")], Headers("h"), 3600);
        Assert.NotNull(await Verify("GET", target, Headers("h"), TimeSpan.FromSeconds(3599)));
        await IsRefused(ErrorCode.AccessDenied, "GET", target, Headers("h"), TimeSpan.FromSeconds(3600));
        Assert.NotNull(await Verify("GET", target, Headers("h"), TimeSpan.FromMinutes(-14)));
    }

    [Theory]
    [InlineData("x-amz-acl", "public-read")]
    [InlineData("X-Amz-Copy-Source", "/other/key")]
    public async Task A_header_that_S3_heeds_must_be_signed(string name, string value)
    {
        var headers = Signed("PUT", "/b/k");
        headers[name] = value;
        await IsRefused(ErrorCode.AccessDenied, "PUT", "/b/k", headers, default, "which were not signed");

        var target = Signer.Presign("PUT", "/b/k", [], Headers("h"), 600);
        headers = Headers("h");
        headers[name] = value;
        await IsRefused(ErrorCode.AccessDenied, "PUT", target, headers, default, "which were not signed");
    }

    [Fact]
    public async Task The_host_must_be_signed()
    {
        var headers = Signed("GET", "/b");
        headers["authorization"] = headers["authorization"].ToString().Replace("=host;", "=", StringComparison.Ordinal);
        await IsRefused(ErrorCode.AccessDenied, "GET", "/b", headers, default, "host");
    }

    [Fact]
    public async Task A_presigned_put_may_come_with_the_hash_of_nothing_signed()
    {
        var target = Signer.Presign("PUT", "/b/k", [], Headers("h"), 600);
        var headers = Headers("h");
        headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
        headers["content-type"] = "text/plain";
        Assert.Equal(PayloadMode.NotSigned, (await Verify("PUT", target, headers))!.Payload.Mode);
    }

    [Fact]
    public async Task An_unknown_key_is_InvalidAccessKeyId()
    {
        var headers = Headers("h");
        (Signer with { AccessKey = "AKIAUNKNOWN" }).SignHeaders("GET", "/b", [], headers, EmptyHash);
        await IsRefused(ErrorCode.InvalidAccessKeyId, "GET", "/b", headers);
    }

    [Fact]
    public async Task An_access_key_may_hold_a_slash()
    {
        var signer = Signer with { AccessKey = "root/admin" };
        var headers = Headers("h");
        signer.SignHeaders("GET", "/b", [], headers, EmptyHash);
        var verifier = new SigV4Verifier(
            (key, _) => new(key == "root/admin" ? Account(signer.SecretKey) : null),
            Clock(),
            null
        );
        Assert.NotNull(await verifier.Verify("GET", S3Target.Parse("/b", "h", null), headers, Cancel));
    }

    [Theory]
    [InlineData("GET", "/b/k", "y")]
    [InlineData("PUT", "/b/other", "y")]
    [InlineData("PUT", "/b/k?x", "y")]
    [InlineData("PUT", "/b/k", "n")]
    public async Task What_was_not_signed_is_SignatureDoesNotMatch(string method, string target, string meta)
    {
        var headers = Headers("h");
        headers["x-amz-meta-x"] = "y";
        Signer.SignHeaders("PUT", "/b/k", [], headers, EmptyHash);
        headers["x-amz-meta-x"] = meta;
        await IsRefused(ErrorCode.SignatureDoesNotMatch, method, target, headers);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("zz")]
    public async Task A_signature_that_is_no_hex_does_not_match(string tail)
    {
        var headers = Signed("GET", "/b");
        headers["authorization"] = headers["authorization"].ToString()[..^2] + tail;
        await IsRefused(ErrorCode.SignatureDoesNotMatch, "GET", "/b", headers);
    }

    [Fact]
    public async Task A_changed_secret_is_effective_at_once()
    {
        var secret = Signer.SecretKey;
        var verifier = new SigV4Verifier((_, _) => new(Account(secret)), Clock(), null);
        var (target, headers) = (S3Target.Parse("/b", "h", null), Signed("GET", "/b"));
        Assert.NotNull(await verifier.Verify("GET", target, headers, Cancel));
        secret = "another";
        await Refused.With(
            ErrorCode.SignatureDoesNotMatch,
            async () => await verifier.Verify("GET", target, headers, Cancel)
        );
    }

    [Fact]
    public async Task A_region_counts_only_where_one_is_set()
    {
        var headers = Signed("GET", "/b");
        var verifier = new SigV4Verifier((_, _) => new(Account(Signer.SecretKey)), Clock(), "eu-west-1");
        var refused = await Refused.With(
            ErrorCode.AuthorizationHeaderMalformed,
            async () => await verifier.Verify("GET", S3Target.Parse("/b", "h", null), headers, Cancel)
        );
        Assert.Contains(
            "the region 'us-east-1' is wrong; expecting 'eu-west-1'",
            refused.Detail,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task A_request_has_one_kind_of_authorization()
    {
        var target = Signer.Presign("GET", "/b/k", [], Headers("h"), 600);
        await IsRefused(ErrorCode.InvalidArgument, "GET", target, Signed("GET", "/b/k"), default, "Only one auth");
    }

    [Fact]
    public async Task Without_a_date_or_a_payload_hash_the_request_is_refused()
    {
        var headers = Signed("GET", "/b");
        headers.Remove("x-amz-date");
        await IsRefused(ErrorCode.AccessDenied, "GET", "/b", headers, default, "valid Date or x-amz-date");
        headers = Signed("GET", "/b");
        headers.Remove("x-amz-content-sha256");
        await IsRefused(ErrorCode.InvalidRequest, "GET", "/b", headers, default, "x-amz-content-sha256");
        headers["x-amz-content-sha256"] = "invalid";
        await IsRefused(ErrorCode.InvalidArgument, "GET", "/b", headers);
    }

    static HeaderDictionary Headers(string host) => new() { ["host"] = host };

    static HeaderDictionary Signed(string method, string path)
    {
        var headers = Headers("h");
        Signer.SignHeaders(method, path, [], headers, EmptyHash);
        return headers;
    }

    static S3Account Account(string secret) => new(new Caller("ana", Root: false), secret);

    static FixedClock Clock(TimeSpan later = default) => new(Signer.Time + later);

    static ValueTask<VerifiedRequest?> Verify(
        string method,
        string target,
        IHeaderDictionary headers,
        TimeSpan later = default
    )
    {
        var verifier = new SigV4Verifier(
            (key, _) => new(key == Signer.AccessKey ? Account(Signer.SecretKey) : null),
            Clock(later),
            null
        );
        return verifier.Verify(method, S3Target.Parse(target, "h", null), headers, Cancel);
    }

    static async Task IsRefused(
        ErrorCode code,
        string method,
        string target,
        IHeaderDictionary headers,
        TimeSpan later = default,
        string words = ""
    )
    {
        var refused = await Refused.With(code, async () => await Verify(method, target, headers, later));
        Assert.Contains(words, refused.Detail, StringComparison.Ordinal);
    }
}

sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
