using System.Text;
using CsCheck;
using Varve.Api.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.Tests.S3.Protocol;

public sealed class S3TargetTests
{
    [Theory]
    [InlineData("/b/a%2Fb", "a/b")]
    [InlineData("/b/a%252Fb", "a%2Fb")]
    [InlineData("/b/a%2520b", "a%20b")]
    [InlineData("/b/a/../c", "a/../c")]
    [InlineData("/b/./a", "./a")]
    [InlineData("/b//a", "/a")]
    [InlineData("/b/a//", "a//")]
    [InlineData("/b/a+b", "a+b")]
    [InlineData("/b/a%2Bb", "a+b")]
    [InlineData("/b/a%20b/", "a b/")]
    [InlineData("/b/%00", "\0")]
    [InlineData("/b/%E7%A7%92", "秒")]
    [InlineData("/b/a#b;c=d&e", "a#b;c=d&e")]
    [InlineData("/b/%F0%9F%98%80?acl", "😀")]
    [InlineData("http://h:9000/b/k", "k")]
    [InlineData("https://h/b/k?x=/y", "k")]
    public void A_key_survives_the_wire(string target, string key)
    {
        var read = S3Target.Parse(target, "h", null);
        Assert.Equal(("b", key), (read.Bucket, read.Key));
    }

    [Theory]
    [InlineData("/", null, null)]
    [InlineData("/?x", null, null)]
    [InlineData("http://h", null, null)]
    [InlineData("http://h?x", null, null)]
    [InlineData("/b", "b", null)]
    [InlineData("/b/", "b", null)]
    [InlineData("/b/?versioning", "b", null)]
    public void A_target_may_name_a_bucket_or_nothing(string target, string? bucket, string? key)
    {
        var read = S3Target.Parse(target, "h", null);
        Assert.Equal((bucket, key), (read.Bucket, read.Key));
    }

    [Theory]
    [InlineData("bucket.s3.example.com", "/k", "bucket", "k")]
    [InlineData("Bucket.S3.Example.com:9000", "/b/k", "bucket", "b/k")]
    [InlineData("a.b.s3.example.com", "/", "a.b", null)]
    [InlineData("s3.example.com", "/b/k", "b", "k")]
    [InlineData("xs3.example.com", "/b/k", "b", "k")]
    [InlineData(".s3.example.com", "/b/k", "b", "k")]
    [InlineData("[::1]:9000", "/b/k", "b", "k")]
    public void A_host_below_the_domain_names_a_bucket(string host, string target, string bucket, string? key)
    {
        var read = S3Target.Parse(target, host, "s3.example.com");
        Assert.Equal((bucket, key), (read.Bucket, read.Key));
    }

    [Theory]
    [InlineData("/b/%")]
    [InlineData("/b/%2")]
    [InlineData("/b/%zz")]
    [InlineData("/b/%-1")]
    [InlineData("/b/%ff")]
    [InlineData("/b/%C0%AF")]
    [InlineData("/b/%ED%A0%80")]
    [InlineData("/b/a b")]
    [InlineData("/b/é")]
    [InlineData("/b?%")]
    [InlineData("/b?a=%ff")]
    [InlineData("*")]
    [InlineData("")]
    [InlineData("h:80")]
    public void What_is_no_target_is_InvalidUri(string target) =>
        Refused.With(ErrorCode.InvalidUri, () => S3Target.Parse(target, "h", null));

    [Fact]
    public void A_key_of_1024_bytes_is_taken_and_one_more_is_KeyTooLong()
    {
        Assert.Equal(1024, S3Target.Parse("/b/" + new string('k', 1024), "h", null).Key!.Length);
        Refused.With(ErrorCode.KeyTooLong, () => S3Target.Parse("/b/" + new string('k', 1025), "h", null));
        Refused.With(
            ErrorCode.KeyTooLong,
            () => S3Target.Parse("/b/" + string.Concat(Enumerable.Repeat("%E7%A7%92", 342)), "h", null)
        );
    }

    [Fact]
    public void A_bucket_without_a_name_is_InvalidBucketName() =>
        Refused.With(ErrorCode.InvalidBucketName, () => S3Target.Parse("//k", "h", null));

    [Fact]
    public void A_query_keeps_its_order_and_a_plus_in_it_is_a_space()
    {
        var query = S3Target.Parse("/b?z=1&prefix=a+b%2Bc&&acl&z=2&e=&=x&k=a=b", "h", null).Query;
        Assert.Equal(
            [("z", "1"), ("prefix", "a b+c"), ("acl", ""), ("z", "2"), ("e", ""), ("", "x"), ("k", "a=b")],
            query.All.Select(p => (p.Name, p.Value))
        );
        Assert.Equal("1", query["z"]);
        Assert.True(query.Has("acl"));
        Assert.False(query.Has("ACL"));
    }

    [Fact]
    public void A_query_of_thousands_of_parameters_is_refused() =>
        Refused.With(
            ErrorCode.InvalidArgument,
            () => S3Target.Parse("/?" + string.Join('&', Enumerable.Repeat("a", 257)), "h", null)
        );

    [Fact]
    public void Whatever_the_key_it_comes_back_from_its_encoded_form() =>
        Gen.String[1, 200]
            .Where(k => new UTF8Encoding(false, true) is var strict && IsEncodable(strict, k))
            .Sample(key =>
                S3Target.Parse("/b/" + PercentCoding.Encode(key, keepSlash: true), "h", null).Key == key
                && S3Target.Parse("/b/" + Uri.EscapeDataString(key), "h", null).Key == key
            );

    [Fact]
    public void Whatever_the_target_it_is_read_or_refused() =>
        Gen.Char[' ', '\u0100']
            .Array[0, 60]
            .Sample(chars => Refused.OrAnswered(() => S3Target.Parse("/b/" + new string(chars), "h", "d")));

    static bool IsEncodable(Encoding strict, string text)
    {
        try
        {
            return strict.GetByteCount(text) is > 0 and <= 1024;
        }
        catch (EncoderFallbackException)
        {
            return false;
        }
    }
}
