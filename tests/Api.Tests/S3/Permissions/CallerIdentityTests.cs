using Microsoft.AspNetCore.Http;
using Varve.Api.Tests.S3.Protocol;
using Varve.Domain.Access;

namespace Varve.Api.Tests.S3.Permissions;

/// <summary>What clients ask of STS: only who they are.</summary>
public sealed class CallerIdentityTests(S3Host host)
{
    [Theory]
    [InlineData("sts"), InlineData("s3")]
    public async Task A_user_is_told_who_they_are(string service)
    {
        var answer = await Ask(service, "Action=GetCallerIdentity&Version=2011-06-15");
        Assert.Equal(200, answer.Status);
        Assert.Equal(
            (UserIds.Arn("ana"), UserIds.AccountId("ana")),
            (answer.Element("Arn"), answer.Element("Account"))
        );
    }

    [Theory]
    [InlineData("sts", "Action=AssumeRole"), InlineData("iam", "Action=ListUsers"), InlineData("sts", "Version=1")]
    public async Task What_else_there_is_is_501(string service, string body)
    {
        var answer = await Ask(service, body);
        Assert.Equal((501, "NotImplemented"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task Somebody_without_a_signature_is_nobody()
    {
        var body = "Action=GetCallerIdentity"u8.ToArray();
        Assert.Equal(403, (await host.Raw("ana").SendUnsigned("POST", "/", body)).Status);
    }

    [Fact]
    public async Task Another_body_than_was_signed_is_refused()
    {
        var answer = await Ask("sts", "Action=GetCallerIdentity", "Action=GetCallerIdentity&Version=1");
        Assert.Equal((403, "SignatureDoesNotMatch"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_signature_for_another_service_opens_no_bucket()
    {
        var headers = new HeaderDictionary { ["host"] = host.Url.Authority };
        var hash = SigV4Signer.HashHex([]);
        headers["x-amz-content-sha256"] = hash;
        Signer("sts").SignHeaders("GET", "/bucket", [], headers, hash);
        var answer = await host.Raw("ana").Exchange("GET", "/bucket", headers, []);
        Assert.Equal((400, "AuthorizationHeaderMalformed"), (answer.Status, answer.Code));
    }

    Task<RawAnswer> Ask(string service, string signed, string? sent = null)
    {
        var headers = new HeaderDictionary
        {
            ["host"] = host.Url.Authority,
            ["content-type"] = "application/x-www-form-urlencoded",
        };
        var body = System.Text.Encoding.UTF8.GetBytes(signed);
        Signer(service).SignWithoutHash("POST", "/", [], headers, SigV4Signer.HashHex(body));
        return host.Raw("ana").Exchange("POST", "/", headers, System.Text.Encoding.UTF8.GetBytes(sent ?? signed));
    }

    static SigV4Signer Signer(string service) =>
        new("ana", S3Host.SecretOf("ana"), "us-east-1", TimeProvider.System.GetUtcNow()) { Service = service };
}
