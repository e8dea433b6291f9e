using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using CsCheck;
using Microsoft.AspNetCore.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.Tests.S3.Protocol;

public sealed class ChunkedBodyTests
{
    const string Crc = "x-amz-checksum-crc32c";

    static readonly SigV4Signer Signer = SigV4Signer.Example;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The examples of "Transferring Payload in Multiple Chunks", without and with a trailer.</summary>
    [Theory]
    [InlineData(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        null
    )]
    [InlineData(
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435"
    )]
    public async Task The_examples_of_AWS_are_decoded(
        string mode,
        string seed,
        string first,
        string second,
        string last,
        string? trailer
    )
    {
        var a = new string('a', 65536);
        var wire =
            $"10000;chunk-signature={first}\r\n{a}\r\n400;chunk-signature={second}\r\n{a[..1024]}\r\n"
            + $"0;chunk-signature={last}\r\n"
            + (trailer is null ? "" : $"{Crc}:sOO8/Q==\r\nx-amz-trailer-signature:{trailer}\r\n")
            + "\r\n";
        using var body = Open(mode, seed, 66560, trailer is null ? null : Crc, Encoding.ASCII.GetBytes(wire), [4096]);
        Assert.Equal(a + a[..1024], Encoding.ASCII.GetString(await ReadAll(body)));
        Assert.Equal(66560, body.AnnouncedLength);
        if (trailer is not null)
            Assert.Equal("sOO8/Q==", Assert.Single(body.Trailers).Value);
    }

    [Fact]
    public async Task Any_payload_in_any_chunks_and_any_pieces_of_the_pipe_decodes_to_itself() =>
        await Requests.SampleAsync(
            async r =>
            {
                using var body = r.Open(r.Wire());
                Assert.Equal(r.Payload, await ReadAll(body));
                Assert.Equal(r.HasTrailer ? [Crc] : [], body.Trailers.Keys);
                Assert.True((await body.Next(Cancel)).IsEmpty);
            },
            iter: 300
        );

    [Fact]
    public async Task Any_flipped_byte_of_a_signed_body_is_refused() =>
        await Gen.Select(Requests.Where(r => r.IsSigned), Gen.Int[0, 1 << 20], Gen.Byte[1, 255])
            .SampleAsync(
                async t =>
                {
                    var (request, at, flip) = t;
                    var wire = request.Wire();
                    at %= wire.Length;
                    wire[at] ^= flip;
                    if (IsSameMeaning(request.Wire(), wire, at))
                        return;
                    using var body = request.Open(wire);
                    await Assert.ThrowsAsync<RejectedException>(() => ReadAll(body));
                },
                iter: 500
            );

    [Fact]
    public async Task Any_body_that_is_cut_off_is_refused() =>
        await Gen.Select(Requests, Gen.Int[0, 1 << 20])
            .SampleAsync(
                async t =>
                {
                    var wire = t.Item1.Wire();
                    using var body = t.Item1.Open(wire[..(t.Item2 % wire.Length)]);
                    await Refused.With(ErrorCode.IncompleteBody, () => ReadAll(body));
                },
                iter: 300
            );

    [Fact]
    public async Task Whatever_comes_is_decoded_or_refused() =>
        await Gen.Select(
                Requests,
                Gen.OneOf(Gen.Char[" -;:\r\n0123456789abcdefx"].Array, Gen.Char[(char)0, (char)127].Array)
            )
            .SampleAsync(
                async t =>
                {
                    using var body = t.Item1.Open(Encoding.ASCII.GetBytes(t.Item2));
                    await Assert.ThrowsAsync<RejectedException>(() => ReadAll(body));
                },
                iter: 300
            );

    [Theory]
    [InlineData("6\r\nhello\r\n0\r\n\r\n", ErrorCode.IncompleteBody)]
    [InlineData("4\r\nhello\r\n0\r\n\r\n", ErrorCode.IncompleteBody)]
    [InlineData("5\r\nhello\r\n0\r\n\r\nmore", ErrorCode.IncompleteBody)]
    [InlineData("5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", ErrorCode.IncompleteBody)]
    [InlineData("3\r\nhel\r\n0\r\n\r\n", ErrorCode.IncompleteBody)]
    [InlineData("5\r\nhello\r\n", ErrorCode.IncompleteBody)]
    [InlineData("5\r\nhello\r\n0\r\n", ErrorCode.IncompleteBody)]
    [InlineData("5\nhello\n0\n\n", ErrorCode.IncompleteBody)]
    [InlineData("-5\r\nhello\r\n0\r\n\r\n", ErrorCode.IncompleteBody)]
    [InlineData("\r\nhello\r\n0\r\n\r\n", ErrorCode.IncompleteBody)]
    [InlineData("5;x=y\r\nhello\r\n0\r\n\r\n", ErrorCode.IncompleteBody)]
    [InlineData("ffffffffffffffff\r\nhello\r\n0\r\n\r\n", ErrorCode.IncompleteBody)]
    [InlineData("fffffffffffffffff\r\nhello\r\n0\r\n\r\n", ErrorCode.IncompleteBody)]
    [InlineData("140000001\r\nhello\r\n0\r\n\r\n", ErrorCode.InvalidChunkSize)]
    [InlineData("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", ErrorCode.MalformedTrailer)]
    [InlineData("5\r\nhello\r\n0\r\nnonsense\r\n\r\n", ErrorCode.MalformedTrailer)]
    public async Task Broken_framing_is_refused_by_its_own_error(string wire, ErrorCode code)
    {
        using var body = Open("STREAMING-UNSIGNED-PAYLOAD-TRAILER", null, 5, null, Encoding.ASCII.GetBytes(wire), [3]);
        await Refused.With(code, () => ReadAll(body));
    }

    [Theory]
    [InlineData("0\r\n\r\n", true)]
    [InlineData("0\r\nx-amz-checksum-crc32c:\r\nx-amz-checksum-crc32c:\r\n\r\n", true)]
    [InlineData("0\r\nX-Amz-Checksum-Crc32C : \r\n\r\n", true)]
    [InlineData("0\r\nX-Amz-Checksum-Crc32C: sOO8/Q== \n\r\n\r\n", false)]
    public async Task The_announced_trailer_must_come_once(string wire, bool refused)
    {
        using var body = Open("STREAMING-UNSIGNED-PAYLOAD-TRAILER", null, 0, Crc, Encoding.ASCII.GetBytes(wire), [100]);
        if (refused)
            await Refused.With(ErrorCode.MalformedTrailer, () => ReadAll(body));
        else
            Assert.Empty(await ReadAll(body));
    }

    [Fact]
    public async Task A_line_without_an_end_is_refused_before_it_fills_memory()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        pipe.Writer.Write(
            new byte[ChunkedBody.LineMax + 2]
                .Select(_ => (byte)'0')
                .ToArray()
        );
        await pipe.Writer.FlushAsync(Cancel); // and never completed: the body is still open
        using var body = new ChunkedBody(pipe.Reader, 5, null, null, endsWithTrailer: true);
        await Refused.With(ErrorCode.IncompleteBody, () => ReadAll(body));
    }

    [Fact]
    public async Task A_chunk_with_a_wrong_signature_is_SignatureDoesNotMatch_and_its_last_piece_is_kept_back()
    {
        var wire = Signer.Chunked(
            [
                [1, 2, 3],
            ],
            new string('0', 64),
            null
        );
        using var body = Open("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", new string('1', 64), 3, null, wire, [1000]);
        await Refused.With(ErrorCode.SignatureDoesNotMatch, async () => await body.Next(Cancel));
    }

    [Fact]
    public async Task A_body_left_half_read_gives_its_pipe_back()
    {
        var wire = Signer.Chunked([new byte[100], new byte[100]], null, null);
        var pipe = PipeOf(wire, [10_000]);
        using (var body = new ChunkedBody(pipe, 200, null, null, endsWithTrailer: true))
            Assert.Equal(100, (await body.Next(Cancel)).Length);
        Assert.Equal(wire.Length - 104, (await pipe.ReadAsync(Cancel)).Buffer.Length);
    }

    [Theory]
    [InlineData(null, ErrorCode.MissingContentLength)]
    [InlineData("-1", ErrorCode.InvalidArgument)]
    [InlineData("five", ErrorCode.InvalidArgument)]
    public void The_decoded_length_must_be_announced(string? length, ErrorCode code)
    {
        var headers = new HeaderDictionary();
        if (length is not null)
            headers["x-amz-decoded-content-length"] = length;
        var request = Verified("STREAMING-UNSIGNED-PAYLOAD-TRAILER");
        Refused.With(code, () => RequestBody.Open(PipeOf([], [1]), headers, request));
    }

    [Fact]
    public async Task A_plain_body_is_as_long_as_it_says()
    {
        byte[] bytes = [1, 2, 3, 4, 5];
        foreach (var pieces in new int[][] { [1], [2, 3], [5] })
        {
            using var body = new PlainBody(PipeOf(bytes, pieces), 5);
            Assert.Equal(bytes, await ReadAll(body));
        }
        using var cut = new PlainBody(PipeOf(bytes, [2]), 6);
        await Refused.With(ErrorCode.IncompleteBody, () => ReadAll(cut));
        Refused.With(
            ErrorCode.MissingContentLength,
            () => RequestBody.Open(PipeOf([], [1]), new HeaderDictionary(), Verified("UNSIGNED-PAYLOAD"))
        );
    }

    sealed record Request(byte[] Payload, int[] Cuts, int[] Pieces, bool IsSigned, bool HasTrailer)
    {
        const string Seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";

        string Mode =>
            (IsSigned, HasTrailer) switch
            {
                (true, true) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
                (true, false) => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
                _ => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            };

        public byte[] Wire() =>
            Signer.Chunked(Cut(Payload, Cuts), IsSigned ? Seed : null, HasTrailer ? (Crc, "sOO8/Q==") : null);

        public RequestBody Open(byte[] wire) =>
            ChunkedBodyTests.Open(Mode, IsSigned ? Seed : null, Payload.Length, HasTrailer ? Crc : null, wire, Pieces);
    }

    static readonly Gen<Request> Requests = Gen.Select(
        Gen.Byte.Array[0, 400],
        Gen.Int[1, 120].Array[1, 5],
        Gen.Int[1, 300].Array[1, 5],
        Gen.Bool,
        Gen.Bool,
        (payload, cuts, pieces, isSigned, hasTrailer) => new Request(payload, cuts, pieces, isSigned, hasTrailer)
    );

    static RequestBody Open(string mode, string? seed, long length, string? trailer, byte[] wire, int[] pieces)
    {
        var headers = new HeaderDictionary { ["x-amz-decoded-content-length"] = $"{length}" };
        if (trailer is not null)
            headers["x-amz-trailer"] = trailer;
        return RequestBody.Open(PipeOf(wire, pieces), headers, Verified(mode, seed));
    }

    static VerifiedRequest Verified(string mode, string? seed = null) =>
        new(
            new Caller("ana", Root: false),
            SignedPayload.Parse(mode),
            Signer.SigningKey(),
            seed ?? "",
            Signer.Scope,
            Signer.Timestamp,
            IsPresigned: false
        );

    /// <summary>The bytes in segments of these sizes, over and over, as a pipe that is handed out piece by
    /// piece.</summary>
    static DrippingPipe PipeOf(byte[] bytes, int[] pieces) => new DrippingPipe(Cut(bytes, pieces));

    static List<byte[]> Cut(byte[] bytes, int[] sizes)
    {
        var pieces = new List<byte[]>();
        for (var (at, i) = (0, 0); at < bytes.Length; i++)
        {
            var size = Math.Min(sizes[i % sizes.Length], bytes.Length - at);
            pieces.Add(bytes[at..(at + size)]);
            at += size;
        }
        return pieces;
    }

    static async Task<byte[]> ReadAll(RequestBody body)
    {
        var all = new MemoryStream();
        while (await body.Next(Cancel) is { IsEmpty: false } piece)
            all.Write(piece.ToArray());
        return all.ToArray();
    }

    /// <summary>The case of a size's or a trailer name's letters means nothing, nor do blanks around a value.</summary>
    static bool IsSameMeaning(byte[] before, byte[] after, int at) =>
        (before[at] ^ after[at]) == 0x20 && char.IsAsciiLetter((char)before[at]) && !InSignatureOrData(before, at);

    static bool InSignatureOrData(byte[] wire, int at)
    {
        var line = Encoding.Latin1.GetString(wire, 0, at);
        var start = line.LastIndexOf("\r\n", StringComparison.Ordinal) + 2;
        return line.IndexOfAny([';', ':'], Math.Max(start - 1, 0)) >= 0;
    }
}
