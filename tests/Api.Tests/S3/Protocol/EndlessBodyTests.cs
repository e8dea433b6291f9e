using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Varve.Api.S3.Protocol;

namespace Varve.Api.Tests.S3.Protocol;

public sealed class EndlessBodyTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_in_HTTPs_own_chunks_ends_with_the_last_one()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("some "u8.ToArray(), Cancel);
        var headers = new HeaderDictionary { ["transfer-encoding"] = "chunked" };
        using var body = RequestBody.Open(pipe.Reader, headers, VerifiedRequest.Anonymous(headers));
        Assert.Null(body.AnnouncedLength);
        Assert.Equal("some ", await Text());
        await pipe.Writer.WriteAsync("text"u8.ToArray(), Cancel);
        Assert.Equal("text", await Text());
        await pipe.Writer.CompleteAsync();
        Assert.Equal("", await Text());

        async Task<string> Text() => Encoding.UTF8.GetString(await body.Next(Cancel));
    }
}
