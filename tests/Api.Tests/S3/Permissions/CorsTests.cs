using System.Text;

namespace Varve.Api.Tests.S3.Permissions;

public sealed class CorsTests(S3Host host)
{
    const string Origin = "access-control-allow-origin";
    const string Methods = "access-control-allow-methods";

    RawS3 Ana => host.Raw("ana");

    [Fact]
    public async Task Rules_are_kept_until_they_are_deleted()
    {
        var bucket = await host.NewBucket();
        Assert.Equal("NoSuchCORSConfiguration", (await Ana.Send("GET", $"/{bucket}?cors")).Code);
        var rule =
            "<ID>r</ID><AllowedMethod>GET</AllowedMethod><AllowedMethod>PUT</AllowedMethod><AllowedOrigin>*</AllowedOrigin>"
            + "<AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds>";
        await Put(bucket, rule);
        var kept = await Ana.Send("GET", $"/{bucket}?cors");
        Assert.Equal(
            ["r", "GET", "PUT", "*", "*", "ETag", "60"],
            kept.Xml.Descendants().Where(e => !e.HasElements).Select(e => e.Value)
        );
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}?cors")).Status);
        Assert.Equal("NoSuchCORSConfiguration", (await Ana.Send("GET", $"/{bucket}?cors")).Code);
    }

    [Theory]
    [InlineData("", "MalformedXML")]
    [InlineData("<CORSRule><AllowedMethod>GET</AllowedMethod></CORSRule>", "MalformedXML")]
    [InlineData(
        "<CORSRule><AllowedMethod>PATCH</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule>",
        "InvalidRequest"
    )]
    [InlineData(
        "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*a*</AllowedOrigin></CORSRule>",
        "InvalidRequest"
    )]
    [InlineData(
        "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><ExposeHeader>x-*</ExposeHeader></CORSRule>",
        "InvalidRequest"
    )]
    [InlineData(
        "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><ExposeHeader>x y</ExposeHeader></CORSRule>",
        "InvalidRequest"
    )]
    [InlineData(
        "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><ExposeHeader>\u00e9</ExposeHeader></CORSRule>",
        "InvalidRequest"
    )]
    public async Task Rules_that_mean_nothing_are_refused(string rules, string code)
    {
        var bucket = await host.NewBucket();
        var body = Encoding.UTF8.GetBytes($"<CORSConfiguration>{rules}</CORSConfiguration>");
        var answer = await Ana.Send("PUT", $"/{bucket}?cors", body);
        Assert.Equal((400, code), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task What_no_header_can_say_is_not_said()
    {
        var bucket = await host.NewBucket();
        await Put(
            bucket,
            "<AllowedMethod>GET</AllowedMethod><AllowedOrigin>http://*</AllowedOrigin><AllowedHeader>*</AllowedHeader>"
        );
        var odd = ("origin", "http://\u00e9.example");
        var answer = await Ana.Send("GET", $"/{bucket}", null, odd);
        Assert.Equal((200, false), (answer.Status, answer.Headers.ContainsKey(Origin)));
        Assert.Equal("NoSuchKey", (await Ana.Send("GET", $"/{bucket}/none", null, odd)).Code);
        var method = ("access-control-request-method", "GET");
        var plain = ("origin", "http://a.example");
        var header = ("access-control-request-headers", "x-\u00e9");
        Assert.Equal("AccessForbidden", (await Ana.SendUnsigned("OPTIONS", $"/{bucket}", null, odd, method)).Code);
        Assert.Equal(
            "AccessForbidden",
            (await Ana.SendUnsigned("OPTIONS", $"/{bucket}", null, plain, method, header)).Code
        );
    }

    [Theory]
    [InlineData("GET", "", "foo.suffix", "", 200, "foo.suffix", "GET")]
    [InlineData("GET", "", "foo.bar", "", 200, null, null)]
    [InlineData("GET", "", "foo.suffix.get", "", 200, null, null)]
    [InlineData("GET", "", "startend", "", 200, "startend", "GET")]
    [InlineData("GET", "", "start12end", "", 200, "start12end", "GET")]
    [InlineData("GET", "", "0start12end", "", 200, null, null)]
    [InlineData("GET", "", "prefix.suffix", "", 200, "prefix.suffix", "GET")]
    [InlineData("GET", "/none", "foo.suffix", "", 404, "foo.suffix", "GET")]
    [InlineData("PUT", "/none", "foo.suffix", "GET", 403, "foo.suffix", "GET")]
    [InlineData("PUT", "/none", "foo.suffix", "PUT", 403, null, null)]
    [InlineData("PUT", "/none", "foo.put", "", 403, "foo.put", "PUT")]
    [InlineData("OPTIONS", "", null, "", 400, null, null)]
    [InlineData("OPTIONS", "", "foo.suffix", "", 400, null, null)]
    [InlineData("OPTIONS", "/none", "foo.suffix", "GET", 200, "foo.suffix", "GET")]
    [InlineData("OPTIONS", "/none", "foo.put", "GET", 403, null, null)]
    [InlineData("OPTIONS", "/none?uploads&X-Amz-Signature=1", "foo.put", "PUT", 200, "foo.put", "PUT")]
    public async Task A_page_is_answered_by_its_origin(
        string method,
        string target,
        string? origin,
        string asked,
        int status,
        string? allowed,
        string? methods
    )
    {
        var bucket = await host.NewBucket();
        await Ana.Send("PUT", $"/{bucket}?acl", null, ("x-amz-acl", "public-read"));
        await Put(
            bucket,
            Rule("GET", "*suffix"),
            Rule("GET", "start*end"),
            Rule("GET", "prefix*"),
            Rule("PUT", "*.put")
        );
        List<(string, string)> headers = origin is null ? [] : [("origin", origin)];
        if (asked.Length > 0)
            headers.Add(("access-control-request-method", asked));
        var answer = await Ana.SendUnsigned(method, $"/{bucket}{target}", null, [.. headers]);
        Assert.Equal(
            (status, allowed, methods),
            (answer.Status, answer.Headers.GetValueOrDefault(Origin), answer.Headers.GetValueOrDefault(Methods))
        );
        if (method != "OPTIONS")
            Assert.Equal(
                "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
                answer.Headers["vary"]
            );
    }

    [Fact]
    public async Task A_preflight_asks_for_headers_and_is_told_for_how_long()
    {
        var bucket = await host.NewBucket();
        await Put(bucket, Rule("PUT", "*") + "<AllowedHeader>x-amz-*</AllowedHeader><MaxAgeSeconds>60</MaxAgeSeconds>");
        (string, string)[] Asking(string headers) =>
            [
                ("origin", "https://pages.example"),
                ("access-control-request-method", "PUT"),
                ("access-control-request-headers", headers),
            ];

        var yes = await Ana.SendUnsigned("OPTIONS", $"/{bucket}/k", null, Asking("X-Amz-Date, x-amz-acl"));
        Assert.Equal((200, "*", "60"), (yes.Status, yes.Headers[Origin], yes.Headers["access-control-max-age"]));
        Assert.Equal("x-amz-date, x-amz-acl", yes.Headers["access-control-allow-headers"]);
        Assert.False(yes.Headers.ContainsKey("access-control-allow-credentials"));
        var no = await Ana.SendUnsigned("OPTIONS", $"/{bucket}/k", null, Asking("x-amz-date, cookie"));
        Assert.Equal((403, "AccessForbidden"), (no.Status, no.Code));
        var none = await Ana.SendUnsigned("OPTIONS", $"/{await host.NewBucket()}/k", null, Asking("x-amz-date"));
        Assert.Equal((403, "AccessForbidden"), (none.Status, none.Code));
        Assert.Equal(404, (await Ana.SendUnsigned("OPTIONS", "/no-such-bucket/k", null, Asking(""))).Status);
    }

    static string Rule(string method, string origin) =>
        $"<AllowedMethod>{method}</AllowedMethod><AllowedOrigin>{origin}</AllowedOrigin>";

    async Task Put(string bucket, params string[] rules)
    {
        var body = string.Concat(rules.Select(rule => $"<CORSRule>{rule}</CORSRule>"));
        var document = Encoding.UTF8.GetBytes($"<CORSConfiguration>{body}</CORSConfiguration>");
        Assert.Equal(200, (await Ana.Send("PUT", $"/{bucket}?cors", document)).Status);
    }
}
