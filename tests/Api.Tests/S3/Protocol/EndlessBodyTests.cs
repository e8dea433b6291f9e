using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Varve.Api.S3;
using Varve.Api.S3.Protocol;

namespace Varve.Api.Tests.S3.Protocol;

public sealed class EndlessBodyTests
{
    [Fact]
    public async Task A_body_in_HTTPs_own_chunks_ends_with_the_last_one()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync("some "u8.ToArray());
        var headers = new HeaderDictionary { ["transfer-encoding"] = "chunked" };
        using var body = RequestBody.Open(pipe.Reader, headers, VerifiedRequest.Anonymous(headers));
        Assert.Null(body.AnnouncedLength);
        Assert.Equal("some "u8, (await body.Next(CancellationToken.None)).ToArray());
        await pipe.Writer.WriteAsync("text"u8.ToArray());
        Assert.Equal("text"u8, (await body.Next(CancellationToken.None)).ToArray());
        await pipe.Writer.CompleteAsync();
        Assert.True((await body.Next(CancellationToken.None)).IsEmpty);
    }
}
