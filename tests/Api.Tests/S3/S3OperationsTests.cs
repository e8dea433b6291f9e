using Microsoft.AspNetCore.Http;
using Varve.Api.S3;
using Varve.Api.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.Tests.S3;

public sealed class S3OperationsTests
{
    public static TheoryData<string> Names => [.. S3Operations.All.Select(o => o.Name)];

    [Theory, MemberData(nameof(Names))]
    public void An_operation_answers_its_own_request(string name)
    {
        var operation = S3Operations.All.Single(o => o.Name == name);
        Assert.Equal(name, Resolve(operation.Method, TargetOf(operation), operation.HeaderMarks).Name);
    }

    [Theory, MemberData(nameof(Names))]
    public void An_operation_takes_its_options(string name)
    {
        var operation = S3Operations.All.Single(o => o.Name == name);
        foreach (var option in operation.Options)
        {
            var target = TargetOf(operation);
            target += $"{(target.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{option}=1";
            Assert.Equal(name, Resolve(operation.Method, target, operation.HeaderMarks).Name);
        }
    }

    [Fact]
    public void Names_and_request_lines_are_unique()
    {
        Assert.Equal(S3Operations.All.Length, S3Operations.All.DistinctBy(o => o.Name).Count());
        Assert.Equal(S3Operations.All.Length, S3Operations.All.DistinctBy(o => o.RequestLine).Count());
    }

    [Theory]
    [InlineData("PUT", "/b/k?acl", "PutObjectAcl")]
    [InlineData("PUT", "/b/k?tagging", "PutObjectTagging")]
    [InlineData("PUT", "/b?policy=", "PutBucketPolicy")]
    [InlineData("GET", "/b?list-type=2&prefix=a", "ListObjectsV2")]
    [InlineData("GET", "/b?prefix=acl", "ListObjects")]
    [InlineData("GET", "/b/k?x-id=GetObject", "GetObject")]
    [InlineData("DELETE", "/b/k?uploadId=1&x-id=AbortMultipartUpload", "AbortMultipartUpload")]
    public void The_query_decides(string method, string target, string name) =>
        Assert.Equal(name, Resolve(method, target, []).Name);

    [Fact]
    public void A_header_named_like_a_query_mark_changes_nothing() =>
        Assert.Equal("PutObject", Resolve("PUT", "/b/k", ["acl", "uploadId", "partNumber"]).Name);

    [Fact]
    public void A_query_parameter_named_like_a_header_mark_changes_nothing() =>
        Assert.Equal("PutObject", Resolve("PUT", "/b/k?x-amz-copy-source=b/other", []).Name);

    [Fact]
    public void A_mark_in_the_query_outweighs_one_in_the_headers() =>
        Assert.Equal("PutObjectAcl", Resolve("PUT", "/b/k?acl", ["x-amz-copy-source"]).Name);

    [Theory]
    [InlineData("PUT", "/b/k?uploadId=1")]
    [InlineData("PUT", "/b/k?partNumber=1")]
    [InlineData("PUT", "/b/k?versionId=1")]
    [InlineData("PUT", "/b/k?uploads")]
    [InlineData("GET", "/b/k?website")]
    [InlineData("DELETE", "/b/k?acl")]
    [InlineData("PUT", "/b?uploads")]
    [InlineData("DELETE", "/b?versioning")]
    public void A_parameter_that_means_something_else_elsewhere_is_not_passed_over(string method, string target) =>
        Assert.Equal(
            ErrorCode.NotImplemented,
            Assert.Throws<RejectedException>(() => Resolve(method, target, [])).Rejection.Code
        );

    [Theory]
    [InlineData("PATCH", "/b/k")]
    [InlineData("DELETE", "/")]
    [InlineData("get", "/b/k")]
    public void A_method_that_nobody_answers_is_not_allowed(string method, string target) =>
        Assert.Equal(
            ErrorCode.MethodNotAllowed,
            Assert.Throws<RejectedException>(() => Resolve(method, target, [])).Rejection.Code
        );

    static S3Operation Resolve(string method, string target, IEnumerable<string> headers)
    {
        var dictionary = new HeaderDictionary();
        foreach (var name in headers)
            dictionary[name] = "1";
        return S3Operations.Resolve(method, S3Target.Parse(target, host: null, domain: null), dictionary);
    }

    static string TargetOf(S3Operation operation)
    {
        var path = operation.Level switch
        {
            S3Level.Service => "/",
            S3Level.Bucket => "/bucket",
            _ => "/bucket/key",
        };
        var query = string.Join(
            '&',
            operation.QueryMarks.Select(m => m.Value is null ? m.Name : $"{m.Name}={m.Value}")
        );
        return query.Length == 0 ? path : $"{path}?{query}";
    }
}
