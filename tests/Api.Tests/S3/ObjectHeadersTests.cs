namespace Varve.Api.Tests.S3;

/// <summary>What is kept of an object's headers, through copies, uploads and lists.</summary>
public sealed class ObjectHeadersTests(S3Host host)
{
    const string StorageClass = "x-amz-storage-class";
    const string Redirect = "x-amz-website-redirect-location";

    static readonly (string Name, string Value)[] Said =
    [
        ("cache-control", "max-age=60"),
        ("content-disposition", "attachment"),
        ("content-encoding", "gzip"),
        ("content-language", "de"),
        ("content-type", "text/plain"),
        ("expires", "Wed, 21 Oct 2026 07:28:00 GMT"),
        (Redirect, "/elsewhere"),
        (StorageClass, "STANDARD_IA"),
        ("x-amz-meta-colour", "blue"),
    ];

    [Fact]
    public async Task They_come_back_from_an_object_and_from_an_upload()
    {
        var (raw, bucket) = (host.Raw("ana"), $"/{await host.NewBucket()}");
        await raw.Send("PUT", $"{bucket}/put", "x"u8.ToArray(), Said);
        var begun = await raw.Send("POST", $"{bucket}/upload?uploads", null, Said);
        var upload = new OpenUpload(raw, $"{bucket}/upload", begun.Element("UploadId")!);
        var part = await upload.Put(1, "x"u8.ToArray());
        Assert.Equal("STANDARD_IA", (await upload.Parts()).Element("StorageClass"));
        Assert.Equal(200, (await upload.Complete((1, part))).Status);
        foreach (var key in (string[])["put", "upload"])
        foreach (var method in (string[])["GET", "HEAD"])
        {
            var answer = await raw.Send(method, $"{bucket}/{key}");
            Assert.All(Said, said => Assert.Equal(said.Value, answer.Headers[said.Name]));
        }
        foreach (var list in (string[])["", "?list-type=2", "?versions"])
            Assert.Equal(
                ["STANDARD_IA", "STANDARD_IA"],
                (await raw.Send("GET", $"{bucket}{list}")).Elements("StorageClass")
            );
    }

    [Fact]
    public async Task A_copy_takes_them_over_but_for_where_it_lies_and_leads()
    {
        var (raw, bucket) = (host.Raw("ana"), $"/{await host.NewBucket()}");
        await raw.Send("PUT", $"{bucket}/k", "x"u8.ToArray(), Said);
        await raw.Send("PUT", $"{bucket}/copy", null, ("x-amz-copy-source", $"{bucket}/k"), ("x-amz-meta-b", "no"));
        var copy = await raw.Send("HEAD", $"{bucket}/copy");
        Assert.All(
            Said,
            said =>
                Assert.Equal(
                    said.Name is StorageClass or Redirect ? null : said.Value,
                    copy.Headers.GetValueOrDefault(said.Name)
                )
        );
        Assert.False(copy.Headers.ContainsKey("x-amz-meta-b"));
    }

    [Theory]
    [InlineData(StorageClass, "STANDARD_IA"), InlineData(StorageClass, "STANDARD"), InlineData(Redirect, "/y")]
    [InlineData("x-amz-metadata-directive", "REPLACE")]
    public async Task A_copy_onto_itself_must_change_something(string name, string value)
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/k");
        await raw.Send("PUT", path, "x"u8.ToArray(), Said);
        var nothing = await raw.Send("PUT", path, null, ("x-amz-copy-source", path));
        Assert.Equal((400, "InvalidRequest"), (nothing.Status, nothing.Code));
        Assert.Equal(200, (await raw.Send("PUT", path, null, ("x-amz-copy-source", path), (name, value))).Status);
        var head = await raw.Send("HEAD", path);
        Assert.Equal(name == StorageClass && value != "STANDARD", head.Headers.ContainsKey(StorageClass));
        Assert.Equal(name == Redirect, head.Headers.ContainsKey(Redirect));
        Assert.Equal(name != "x-amz-metadata-directive", head.Headers.ContainsKey("x-amz-meta-colour"));
    }

    [Fact]
    public async Task Torrents_and_selections_are_not_implemented()
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/k");
        await raw.Send("PUT", path, "x"u8.ToArray());
        Assert.Equal(501, (await raw.Send("GET", $"{path}?torrent")).Status);
        Assert.Equal(501, (await raw.Send("POST", $"{path}?select&select-type=2", "<a/>"u8.ToArray())).Status);
    }

    [Fact]
    public async Task A_header_signed_by_version_2_is_taken_where_it_is_switched_on()
    {
        await using var old = new S3Host { SignatureV2 = true };
        await old.InitializeAsync();
        var path = $"/{await old.NewBucket()}/k";
        await old.Raw("ana").Send("PUT", path, "x"u8.ToArray());
        var date = TimeProvider.System.GetUtcNow().ToString("R");
        var signature = Convert.ToBase64String(
            System.Security.Cryptography.HMACSHA1.HashData(
                System.Text.Encoding.UTF8.GetBytes(S3Host.SecretOf("ana")),
                System.Text.Encoding.UTF8.GetBytes($"GET\n\n\n{date}\n{path}")
            )
        );
        foreach (var (server, status) in ((S3Host, int)[])[(old, 200), (host, 400)])
        {
            var headers = new Microsoft.AspNetCore.Http.HeaderDictionary
            {
                ["host"] = server.Url.Authority,
                ["date"] = date,
                ["authorization"] = $"AWS ana:{signature}",
            };
            Assert.Equal(status, (await server.Raw("ana").Exchange("GET", path, headers, [])).Status);
        }
    }

    [Fact]
    public async Task A_url_presigned_by_version_2_is_taken_as_it_was_signed()
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/k");
        var expires = TimeProvider.System.GetUtcNow().AddMinutes(1).ToUnixTimeSeconds();
        string Url(string method, string signed)
        {
            var signature = Convert.ToBase64String(
                System.Security.Cryptography.HMACSHA1.HashData(
                    System.Text.Encoding.UTF8.GetBytes(S3Host.SecretOf("ana")),
                    System.Text.Encoding.UTF8.GetBytes($"{method}\n\n\n{expires}\n{signed}")
                )
            );
            var mark = signed.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            return $"{signed}{mark}AWSAccessKeyId=ana&Expires={expires}&Signature={Uri.EscapeDataString(signature)}";
        }
        Assert.Equal(200, (await raw.SendUnsigned("PUT", Url("PUT", path), "x"u8.ToArray())).Status);
        var read = Url("GET", path);
        Assert.Equal("x", (await raw.SendUnsigned("GET", read)).Text);
        var denied = $$"""
            {"Statement":{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"*",
              "Condition":{"StringEquals":{"s3:signatureversion":"AWS"} } } }
            """;
        await raw.Send("PUT", $"{path[..^2]}?policy", System.Text.Encoding.UTF8.GetBytes(denied));
        Assert.Equal(403, (await raw.SendUnsigned("GET", read)).Status);
        Assert.Equal(200, (await raw.Send("GET", path)).Status);
        await raw.Send("DELETE", $"{path[..^2]}?policy");
        var typed = await raw.SendUnsigned("GET", Url("GET", $"{path}?response-content-type=text/x-y"));
        Assert.Equal("text/x-y", typed.Headers["content-type"]);
        foreach (var more in (string[])["&attributes", "&response-content-type=text/x-y", "&partNumber=1", "&x=y"])
            Assert.Equal(403, (await raw.SendUnsigned("GET", read + more)).Status);
        Assert.Equal(403, (await raw.SendUnsigned("PUT", Url("PUT", path) + "&renameObject")).Status);
        Assert.Equal(403, (await raw.SendUnsigned("DELETE", read)).Status);
    }
}
