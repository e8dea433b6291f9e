using System.Collections.Frozen;
using Microsoft.AspNetCore.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Tiers;

namespace Varve.Api.Tests.S3.Protocol;

public sealed class ExpectedChecksumTests
{
    [Theory]
    [InlineData("x-amz-checksum-crc32", "y/Q5Jg==", ChecksumAlgorithm.Crc32)]
    [InlineData("X-Amz-Checksum-Crc32c", "4waSgw==", ChecksumAlgorithm.Crc32C)]
    [InlineData("x-amz-checksum-crc64nvme", "rosUhgp5mYg=", ChecksumAlgorithm.Crc64Nvme)]
    [InlineData("x-amz-checksum-sha1", "98O8HYCOBHMq1j5jVkXwkGTvQZU=", ChecksumAlgorithm.Sha1)]
    [InlineData("x-amz-checksum-sha256", "FeKw08M4keHm0y9Rr9oXk6TcT6sUtIL8aEsYRNCOKtU=", ChecksumAlgorithm.Sha256)]
    public void A_checksum_is_read_from_its_header(string name, string value, ChecksumAlgorithm algorithm)
    {
        var read = ExpectedChecksum.FromHeaders(new HeaderDictionary { [name] = value })!;
        Assert.Equal(algorithm, read.Algorithm);
        Assert.Equal(value, Convert.ToBase64String(read.Value!));
        read.Check(read.Value, FrozenDictionary<string, string>.Empty);
        Refused.With(
            ErrorCode.BadDigest,
            () => read.Check(new byte[read.Value!.Length], FrozenDictionary<string, string>.Empty)
        );
    }

    [Fact]
    public void A_checksum_may_come_in_the_trailer()
    {
        var headers = new HeaderDictionary
        {
            ["x-amz-trailer"] = "X-Amz-Checksum-CRC32",
            ["x-amz-sdk-checksum-algorithm"] = "crc32",
        };
        var read = ExpectedChecksum.FromHeaders(headers)!;
        Assert.Equal((ChecksumAlgorithm.Crc32, null), (read.Algorithm, read.Value));
        byte[] computed = [0xcb, 0xf4, 0x39, 0x26];
        read.Check(computed, Trailer("y/Q5Jg=="));
        Refused.With(ErrorCode.BadDigest, () => read.Check(computed, Trailer("AAAAAA==")));
        Refused.With(ErrorCode.BadDigest, () => read.Check(computed, Trailer("AAAA")));
        Refused.With(ErrorCode.MalformedTrailer, () => read.Check(computed, FrozenDictionary<string, string>.Empty));
    }

    [Theory]
    [InlineData("x-amz-checksum-crc32: AAAAAA==|x-amz-checksum-sha1: AAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("x-amz-checksum-crc32: AAAAAA==|x-amz-trailer: x-amz-checksum-crc32")]
    [InlineData("x-amz-trailer: x-amz-checksum-crc32,x-amz-checksum-sha1")]
    [InlineData("x-amz-trailer: content-md5")]
    [InlineData("x-amz-trailer: x-amz-checksum-rot13")]
    [InlineData("x-amz-sdk-checksum-algorithm: CRC32")]
    [InlineData("x-amz-sdk-checksum-algorithm: SHA1|x-amz-checksum-crc32: AAAAAA==")]
    [InlineData("x-amz-sdk-checksum-algorithm: ROT13|x-amz-checksum-crc32: AAAAAA==")]
    public void Checksums_that_contradict_or_mean_nothing_are_InvalidRequest(string lines)
    {
        var headers = new HeaderDictionary();
        foreach (var line in lines.Split('|'))
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 2)..];
        Refused.With(ErrorCode.InvalidRequest, () => ExpectedChecksum.FromHeaders(headers));
    }

    [Theory, InlineData("AAAAAA"), InlineData("AAAAAAA="), InlineData("A AAAAA="), InlineData("é"), InlineData("")]
    public void What_is_the_checksum_of_nothing_is_BadDigest(string value)
    {
        var headers = new HeaderDictionary { ["x-amz-checksum-crc32"] = value };
        Refused.With(ErrorCode.BadDigest, () => ExpectedChecksum.FromHeaders(headers));
    }

    [Fact]
    public void Settings_that_only_sound_like_a_checksum_are_none() =>
        Assert.Null(
            ExpectedChecksum.FromHeaders(
                new HeaderDictionary
                {
                    ["x-amz-checksum-algorithm"] = "CRC32",
                    ["x-amz-checksum-mode"] = "ENABLED",
                    ["x-amz-checksum-type"] = "COMPOSITE",
                }
            )
        );

    [Theory]
    [InlineData("1B2M2Y8AsgTpgAmY7PhCfg==", true)]
    [InlineData("1B2M2Y8AsgTpgAmY7PhCfg", false)]
    [InlineData("", false)]
    [InlineData("YWJyYWNhZGFicmE=", false)]
    public void A_Content_MD5_is_16_bytes_in_base64(string text, bool good)
    {
        var headers = new HeaderDictionary { ["content-md5"] = text };
        if (good)
            Assert.Equal(text, Convert.ToBase64String(ExpectedChecksum.ContentMd5(headers)!));
        else
            Refused.With(ErrorCode.InvalidDigest, () => ExpectedChecksum.ContentMd5(headers));
        Assert.Null(ExpectedChecksum.ContentMd5(new HeaderDictionary()));
    }

    [Fact]
    public void The_announced_hash_of_a_payload_is_compared_with_what_came()
    {
        var payload = SignedPayload.Parse(SigV4Signer.HashHex([1]));
        payload.Check(System.Security.Cryptography.SHA256.HashData([1]));
        Refused.With(ErrorCode.ContentSha256Mismatch, () => payload.Check(new byte[32]));
        SignedPayload.NotSigned.Check(new byte[32]);
    }

    static Dictionary<string, string> Trailer(string value) => new() { ["x-amz-checksum-crc32"] = value };
}
