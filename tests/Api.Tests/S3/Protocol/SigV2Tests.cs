using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Varve.Api.S3;
using Varve.Api.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.Tests.S3.Protocol;

public sealed class SigV2Tests
{
    const string Key = "AKIAIOSFODNN7EXAMPLE";
    const string Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    static async Task<VerifiedRequest?> Verify(
        string method,
        string target,
        string now,
        string? signature,
        params (string Name, string Value)[] more
    )
    {
        var headers = new HeaderDictionary { ["host"] = "johnsmith.s3.amazonaws.com" };
        foreach (var (name, value) in more)
            headers[name] = value;
        if (signature is not null)
            headers["authorization"] = $"AWS {Key}:{signature}";
        var clock = new FixedClock(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture));
        var verifier = new SigV2Verifier(
            (key, _) => ValueTask.FromResult(key == Key ? new S3Account(new("ana", Root: false), Secret) : null),
            clock,
            inHeaders: true
        );
        var parsed = S3Target.Parse(target, headers["host"], "s3.amazonaws.com");
        return await verifier.Verify(method, parsed, headers, CancellationToken.None);
    }

    [Theory]
    [InlineData("GET", "/photos/puppy.jpg", "Tue, 27 Mar 2007 19:36:42 +0000", "", "bWq2s1WEIj+Ydj0vQ697zp+IXMU=")]
    [
        InlineData(
            "PUT",
            "/photos/puppy.jpg",
            "Tue, 27 Mar 2007 21:15:45 +0000",
            "image/jpeg",
            "MyyxeRY7whkBe+bq8fHCL/2kKUg="
        ),
        InlineData(
            "GET",
            "/?prefix=photos&max-keys=50&marker=puppy",
            "Tue, 27 Mar 2007 19:42:41 +0000",
            "",
            "htDYFYduRNen8P9ZfE/s9SuKy0U="
        ),
        InlineData("GET", "/?acl", "Tue, 27 Mar 2007 19:44:46 +0000", "", "c2WLPFtWHVgbEmeEG93a4cG37dM=")
    ]
    public async Task The_examples_of_AWS_are_verified(
        string method,
        string target,
        string date,
        string type,
        string right
    )
    {
        (string, string)[] headers = type.Length > 0 ? [("date", date), ("content-type", type)] : [("date", date)];
        Assert.Equal("ana", (await Verify(method, target, date, right, headers))!.Caller.UserName);
        await IsRefused(ErrorCode.SignatureDoesNotMatch, () => Verify(method, target, date, right[1..], headers));
        await IsRefused(
            ErrorCode.SignatureDoesNotMatch,
            () => Verify(method, target, date, right, [.. headers, ("x-amz-acl", "public-read")])
        );
        await IsRefused(
            ErrorCode.RequestTimeTooSkewed,
            () => Verify(method, target, "Tue, 27 Mar 2007 23:00:00 +0000", right, headers)
        );
    }

    [Fact]
    public async Task The_presigned_example_of_AWS_is_verified_until_it_expires()
    {
        const string Target =
            $"/photos/puppy.jpg?AWSAccessKeyId={Key}&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620";
        Assert.True((await Verify("GET", Target, "2007-03-29T03:40:20Z", null))!.IsPresigned);
        await IsRefused(ErrorCode.AccessDenied, () => Verify("GET", Target, "2007-03-29T03:40:21Z", null));
        await IsRefused(ErrorCode.SignatureDoesNotMatch, () => Verify("PUT", Target, "2007-03-29T03:40:20Z", null));
        await IsRefused(
            ErrorCode.AccessDenied,
            () => Verify("GET", $"{Target}&attributes", "2007-03-29T03:40:20Z", null)
        );
        await IsRefused(
            ErrorCode.AccessDenied,
            () => Verify("GET", $"{Target}&prefix=other", "2007-03-29T03:40:20Z", null)
        );
        await IsRefused(
            ErrorCode.SignatureDoesNotMatch,
            () => Verify("GET", $"{Target}&acl", "2007-03-29T03:40:20Z", null)
        );
        var foreign = Target.Replace(Key, "AKIA", StringComparison.Ordinal);
        await IsRefused(ErrorCode.InvalidAccessKeyId, () => Verify("GET", foreign, "2007-03-29T03:40:20Z", null));
    }

    [Fact]
    public async Task Its_own_headers_are_signed_in_their_order_and_its_date_counts()
    {
        const string Date = "Tue, 27 Mar 2007 21:20:26 +0000";
        var text = $"DELETE\n\n\n\nx-amz-date:{Date}\nx-amz-meta-a:1\n/johnsmith/k?versionId=v";
        var right = Convert.ToBase64String(
            HMACSHA1.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes(text))
        );
        var verified = await Verify(
            "DELETE",
            "/k?versionId=v",
            Date,
            right,
            ("x-amz-meta-a", "1"),
            ("x-amz-date", Date),
            ("date", "Tue, 27 Mar 2007 00:00:00 +0000")
        );
        Assert.NotNull(verified);
    }

    [Theory]
    [InlineData("/johnsmith", "/johnsmith", true)]
    [InlineData("/johnsmith", "/johnsmith/", true)]
    [InlineData("/johnsmith/k", "/johnsmith/k/", false)]
    public async Task A_bucket_alone_may_be_signed_with_a_slash_behind_it(string target, string signed, bool isRight)
    {
        const string Date = "Tue, 27 Mar 2007 21:20:26 +0000";
        var right = Convert.ToBase64String(
            HMACSHA1.HashData(Encoding.UTF8.GetBytes(Secret), Encoding.UTF8.GetBytes($"PUT\n\n\n{Date}\n{signed}"))
        );
        var verified = Verify("PUT", target, Date, right, ("date", Date), ("host", "s3.amazonaws.com"));
        if (isRight)
            Assert.NotNull(await verified);
        else
            await IsRefused(ErrorCode.SignatureDoesNotMatch, () => verified);
    }

    [Fact]
    public async Task Another_signature_is_none_of_its_business()
    {
        Assert.Null(await Verify("GET", "/k", "2007-03-29T03:40:20Z", null));
        Assert.Null(
            await Verify("GET", "/k", "2007-03-29T03:40:20Z", null, ("authorization", "AWS4-HMAC-SHA256 Credential=x"))
        );
    }

    static async Task IsRefused(ErrorCode code, Func<Task<VerifiedRequest?>> verify) =>
        Assert.Equal(code, (await Assert.ThrowsAsync<RejectedException>(verify)).Rejection.Code);
}
