using System.Runtime.CompilerServices;
using System.Text;
using Varve.Api.S3;
using Varve.Api.S3.Permissions;

namespace Varve.Api.Tests.S3;

/// <summary>The page of what S3 clients can ask is the table of operations, written down.</summary>
public sealed class CompatibilityPageTests
{
    [Fact]
    public void The_page_says_what_the_table_says()
    {
        var path = Path.Combine(Root(), "docs", "s3-compatibility.md");
        var page = Page();
        if (Environment.GetEnvironmentVariable("VARVE_WRITE_DOCS") == "1")
            File.WriteAllText(path, page);
        Assert.True(
            File.Exists(path) && File.ReadAllText(path) == page,
            "docs/s3-compatibility.md is stale: run this test with VARVE_WRITE_DOCS=1."
        );
    }

    static string Page()
    {
        var supported = S3Operations.All.Where(o => o.IsSupported).ToList();
        var page = new StringBuilder();
        page.Append(
            $"""
            # S3 compatibility

            Written by a test from the table of operations in `src/Api/S3/S3Operations.cs`: run
            `VARVE_WRITE_DOCS=1 dotnet run --project tests/Api.Tests -- --filter-class '*CompatibilityPageTests'`
            to renew it.

            Requests are path-style, or virtual-hosted where `Varve:S3:Domain` is set. Signatures are
            AWS4-HMAC-SHA256, in the header or in a presigned URL; bodies are plain or aws-chunked, signed or not,
            with or without a trailer. Checksums are CRC32, CRC32C, CRC64NVME, SHA1 and SHA256, beside Content-MD5.

            A bucket is its owner's and root's, until its policy or an access control list lets others in: see
            [access.md](access.md). Each operation is let through by the IAM action beside it; where a request names
            a version, by the action's `…Version` form. A copy needs `s3:GetObject` of its source as well.

            Objects are encrypted by SSE-S3 (`AES256`, also as a bucket's default) and SSE-C; KMS answers 501.
            Storage classes are kept and told, and change nothing. Version 2 of AWS's signature is taken in
            presigned URLs, which boto3 and s3cmd make at their default settings, as long as nothing was added to
            them, and in headers where `Varve:S3:SignatureV2` is true. A copy of a multipart object keeps its ETag
            and its parts. A completion need not repeat the parts' checksums.

            The tests run aws-cli, boto3, s3cmd, rclone (as provider AWS), restic, s3fs, AWSSDK.S3 for .NET,
            `@aws-sdk/client-s3` with `@aws-sdk/lib-storage`, and `minio` for JavaScript, each at its default settings.

            A bucket's past is a bucket that can be read, `photos--at-20260131t120000z` or `photos--at-p42`: see
            [history.md](history.md). What would write there answers 405 `MethodNotAllowed`; a version whose bytes are
            purged answers 410 `InvalidObjectState`.

            Versions have opaque ids of 32 digits; MFA delete is 501. Object Lock is enforced where commands are
            decided: nobody, root included, deletes what a compliance retention or a legal hold keeps from a
            version; who sets a governance retention aside needs `s3:BypassGovernanceRetention`. What is deleted by
            its version id is gone from S3, and stays in a bucket's past. Lifecycle rules expire, and abort uploads;
            transitions between storage classes are 501, as where bytes lie is not a class here.

            {supported.Count} of {S3Operations.All.Length} operations are answered.
            All others answer 501 `NotImplemented`, and change nothing.

            ## Answered

            """
        );
        Table(page, supported);
        page.Append("\n## 501 NotImplemented\n\n");
        Table(page, S3Operations.All.Where(o => !o.IsSupported));
        return page.ToString();
    }

    static void Table(StringBuilder page, IEnumerable<S3Operation> operations)
    {
        page.Append("| operation | request | IAM action |\n|---|---|---|\n");
        foreach (var operation in operations)
        {
            var action =
                operation.Access == Access.AnyUser ? "every user"
                : operation.Method == "OPTIONS" ? "everybody"
                : $"`{S3Actions.Of(operation.Name)}`"
                    + operation.Name switch
                    {
                        "PostObject" => ", of who signed the form",
                        "DeleteObjects" => ", for each key",
                        "GetObjectAttributes" => $" and `{S3Actions.GetObject}`",
                        _ => "",
                    };
            page.Append($"| {operation.Name} | `{operation.RequestLine}` | {action} |\n");
        }
    }

    static string Root([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}
