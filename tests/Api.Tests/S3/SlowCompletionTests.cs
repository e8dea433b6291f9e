using System.Xml.Linq;
using Microsoft.AspNetCore.Http;
using Varve.Api.Tests.S3.Protocol;

namespace Varve.Api.Tests.S3;

/// <summary>CompleteMultipartUpload where the join takes long.</summary>
public sealed class SlowCompletionTests : IAsyncLifetime
{
    readonly S3Host host;
    SlowTier tier = null!;

    public SlowCompletionTests() =>
        host = new() { SilenceMax = TimeSpan.FromMilliseconds(20), Around = disk => tier = new SlowTier(disk) };

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => host.InitializeAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_long_join_is_answered_in_time_and_finished_later()
    {
        var upload = await Begin();
        using var http = new HttpClient();
        using var answer = await Complete(http, upload, await upload.Put(1, "hello"u8.ToArray()), Cancel);
        Assert.Equal(200, (int)answer.StatusCode); // and nothing is joined yet
        Assert.Equal(404, (await upload.Raw.Send("HEAD", upload.Path)).Status);
        tier.Release();
        var result = XElement.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("CompleteMultipartUploadResult", result.Name.LocalName);
        Assert.Equal("hello", (await upload.Raw.Send("GET", upload.Path)).Text);
    }

    [Fact]
    public async Task A_late_refusal_stands_in_the_body()
    {
        var upload = await Begin();
        using var http = new HttpClient();
        using var answer = await Complete(http, upload, await upload.Put(1, "hello"u8.ToArray()), Cancel);
        Assert.Equal(204, (await upload.Abort()).Status);
        tier.Release();
        var result = XElement.Parse(await answer.Content.ReadAsStringAsync(Cancel));
        Assert.Equal(("Error", "NoSuchUpload"), (result.Name.LocalName, (string?)result.Element("Code")));
    }

    [Fact]
    public async Task A_client_that_goes_away_leaves_an_upload_that_can_be_completed()
    {
        var upload = await Begin();
        var etag = await upload.Put(1, "hello"u8.ToArray());
        using (var http = new HttpClient())
        using (await Complete(http, upload, etag, Cancel)) { }
        tier.Release();
        Assert.Equal(200, (await upload.Complete((1, etag))).Status);
        Assert.Equal("hello", (await upload.Raw.Send("GET", upload.Path)).Text);
        Assert.Empty(host.Faults);
    }

    async Task<OpenUpload> Begin()
    {
        var (raw, path) = (host.Raw("ana"), $"/{await host.NewBucket()}/k");
        return new(raw, path, (await raw.Send("POST", $"{path}?uploads")).Element("UploadId")!);
    }

    /// <returns>As soon as its headers are there.</returns>
    async Task<HttpResponseMessage> Complete(HttpClient http, OpenUpload upload, string etag, CancellationToken cancel)
    {
        var body = OpenUpload.Document([(1, etag)]);
        var signed = new HeaderDictionary { ["host"] = host.Url.Authority };
        var query = new[] { ("uploadId", upload.Id) };
        upload.Raw.Signer.SignHeaders("POST", upload.Path, query, signed, SigV4Signer.HashHex(body));
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Url, upload.Target));
        request.Content = new ByteArrayContent(body);
        foreach (var (name, value) in signed)
            request.Headers.TryAddWithoutValidation(name, value.ToString());
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
    }
}
