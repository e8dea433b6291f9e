using CsCheck;
using Varve.Api.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.Tests.S3.Protocol;

public sealed class NamesOnTheWireTests
{
    [Theory]
    [InlineData("b/k", "b", "k", null)]
    [InlineData("/b/k/l", "b", "k/l", null)]
    [InlineData("b//k", "b", "/k", null)]
    [InlineData("%2Fb%2Fk", "b", "k", null)]
    [InlineData("b/a%20b+c%2Bd", "b", "a b+c+d", null)]
    [InlineData("b/a b秒", "b", "a b秒", null)]
    [InlineData("b/a%3FversionId=x", "b", "a?versionId=x", null)]
    [InlineData("b/k?versionId=v%2B1", "b", "k", "v+1")]
    [InlineData("b/k?x", "b", "k?x", null)]
    public void A_copy_source_names_bucket_key_and_version(string header, string bucket, string key, string? version) =>
        Assert.Equal(new(bucket, key, version), CopySource.Parse(header));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("b")]
    [InlineData("b/")]
    [InlineData("//k")]
    [InlineData("b/%zz")]
    [InlineData("b/%ff")]
    [InlineData("b/k?versionId=")]
    public void What_is_no_copy_source_is_InvalidArgument(string header) =>
        Refused.With(ErrorCode.InvalidArgument, () => CopySource.Parse(header));

    [Theory]
    [InlineData("bytes=0-4", 0, 5)]
    [InlineData("bytes=9-9", 9, 1)]
    public void A_copied_range_is_closed(string header, long offset, long length) =>
        Assert.Equal((offset, length), CopySource.ParseRange(header, 10));

    [Theory]
    [InlineData("bytes=0-10", ErrorCode.InvalidRange)]
    [InlineData("bytes=10-11", ErrorCode.InvalidRange)]
    [InlineData("bytes=0-", ErrorCode.InvalidArgument)]
    [InlineData("bytes=-5", ErrorCode.InvalidArgument)]
    [InlineData("bytes=5-4", ErrorCode.InvalidArgument)]
    [InlineData("bytes=0-1,3-4", ErrorCode.InvalidArgument)]
    [InlineData("bytes= 0-1", ErrorCode.InvalidArgument)]
    [InlineData("0-1", ErrorCode.InvalidArgument)]
    [InlineData("a-b", ErrorCode.InvalidArgument)]
    [InlineData("bytes=0-99999999999999999999", ErrorCode.InvalidArgument)]
    public void A_copied_range_is_never_cut_silently(string header, ErrorCode code) =>
        Refused.With(code, () => CopySource.ParseRange(header, 10));

    [Fact]
    public void Whatever_the_key_a_token_brings_it_back() =>
        Gen.Char['\u0001', '\ud7ff']
            .Array[1, 300]
            .Sample(chars => ContinuationToken.Read(ContinuationToken.Write(new(chars))) == new string(chars));

    [Theory]
    [InlineData("")]
    [InlineData("*")]
    [InlineData("a")]
    [InlineData("_w==")]
    public void A_token_that_we_did_not_write_is_InvalidArgument(string token) =>
        Refused.With(ErrorCode.InvalidArgument, () => ContinuationToken.Read(token));

    [Fact]
    public void Whatever_the_token_or_source_it_is_read_or_refused() =>
        Gen.String.Sample(text =>
            Refused.OrAnswered(() => ContinuationToken.Read(text))
            && Refused.OrAnswered(() => CopySource.Parse(text))
            && Refused.OrAnswered(() => CopySource.ParseRange(text, 10))
        );

    [Theory]
    [InlineData("asdf+b", "asdf%2Bb")]
    [InlineData("foo+1/", "foo%2B1/")]
    [InlineData("quux ab/", "quux%20ab/")]
    [InlineData("a-_.~*", "a-_.~%2A")]
    [InlineData("秒%\u0001", "%E7%A7%92%25%01")]
    [InlineData("plain/key.txt", "plain/key.txt")]
    public void A_key_of_a_list_is_encoded_so_that_every_client_decodes_it(string key, string encoded) =>
        Assert.Equal(encoded, PercentCoding.Encode(key, keepSlash: true));

    [Theory]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("gzip", "gzip")]
    [InlineData("aws-chunked", null)]
    [InlineData("aws-chunked,gzip", "gzip")]
    [InlineData("gzip, AWS-Chunked , br", "gzip,br")]
    public void The_encoding_of_the_way_in_is_not_stored(string? header, string? stored) =>
        Assert.Equal(stored, ContentEncodings.ToStore(header));
}
