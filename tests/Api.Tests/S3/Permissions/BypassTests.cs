using System.Text;
using Varve.Domain.Access;

namespace Varve.Api.Tests.S3.Permissions;

/// <summary>Ways around what a bucket's owner wanted: each of them must be closed.</summary>
public sealed class BypassTests(S3Host host)
{
    static readonly (string, string) Coloured = ("x-amz-tagging", "colour=red");

    RawS3 Ana => host.Raw("ana");

    RawS3 Bob => host.Raw("bob");

    [Fact]
    public async Task Who_may_not_read_an_object_by_its_tags_may_not_copy_or_rename_it()
    {
        var (bucket, target) = (await Filled("k", Coloured), await host.NewBucket());
        await Put(target, Allow("s3:*"));
        var isRed = """{"StringEquals":{"s3:ExistingObjectTag/colour":"red"}}""";
        await Put(bucket, Allow("s3:*"), Statement("Deny", "s3:GetObject", isRed));
        var from = ("x-amz-copy-source", $"{bucket}/k");
        var upload = (await Bob.Send("POST", $"/{target}/part?uploads")).Element("UploadId");

        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k")).Status);
        Assert.Equal(403, (await Bob.Send("PUT", $"/{target}/copy", null, from)).Status);
        Assert.Equal(403, (await Bob.Send("PUT", $"/{target}/part?partNumber=1&uploadId={upload}", null, from)).Status);
        var rename = ("x-amz-rename-source", "k");
        Assert.Equal(403, (await Bob.Send("PUT", $"/{bucket}/other?renameObject", null, rename)).Status);

        await Put(bucket, Statement("Allow", "s3:GetObject", isRed), Allow("s3:GetObjectTagging"));
        Assert.Equal(200, (await Bob.Send("PUT", $"/{target}/copy", null, from)).Status);
    }

    [Fact]
    public async Task Whoever_copies_tags_must_be_let_read_them()
    {
        var (bucket, target) = (await Filled("k", Coloured), await host.NewBucket());
        await Put(target, Allow("s3:PutObject"));
        await Put(bucket, Allow("s3:GetObject"));
        var from = ("x-amz-copy-source", $"{bucket}/k");
        Assert.Equal(403, (await Bob.Send("PUT", $"/{target}/copy", null, from)).Status);
        var without = ("x-amz-tagging-directive", "REPLACE");
        Assert.Equal(200, (await Bob.Send("PUT", $"/{target}/copy", null, from, without)).Status);
        await Put(bucket, Allow("s3:GetObject"), Allow("s3:GetObjectTagging"));
        Assert.Equal(200, (await Bob.Send("PUT", $"/{target}/copy", null, from)).Status);
    }

    [Theory]
    [InlineData("""{"StringLike":{"s3:prefix":"open/*"}}""", "?prefix=open/")]
    [InlineData("""{"StringEquals":{"s3:delimiter":"/"}}""", "?delimiter=/")]
    [InlineData("""{"NumericLessThan":{"s3:max-keys":"10"}}""", "?max-keys=1")]
    public async Task What_a_listing_must_say_lets_nothing_else(string condition, string query)
    {
        var bucket = await Filled("open/k");
        await Put(bucket, Statement("Allow", "s3:*", condition));
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}{query}")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/open/k{query}")).Status);
        Assert.Equal(403, (await Bob.Send("PUT", $"/{bucket}/open/k{query}", "x"u8.ToArray())).Status);
        Assert.Equal(403, (await Bob.Send("DELETE", $"/{bucket}/open/k{query}")).Status);
    }

    [Fact]
    public async Task Whether_the_source_of_a_copy_is_there_is_told_by_its_own_name()
    {
        var (bucket, target) = (await Filled("open/k"), await host.NewBucket());
        await Put(target, Allow("s3:PutObject"));
        await Put(bucket, Statement("Allow", "s3:ListBucket", """{"StringLike":{"s3:prefix":"open/*"}}"""));
        Assert.Equal("AccessDenied", await Copy("secret/none", to: "open/none"));
        Assert.Equal("NoSuchKey", await Copy("open/none", to: "secret/none"));
        Assert.Equal("AccessDenied", await Copy($"secret/k?versionId={new string('0', 32)}", to: "open/k"));

        async Task<string?> Copy(string key, string to) =>
            (await Bob.Send("PUT", $"/{target}/{to}", null, ("x-amz-copy-source", $"{bucket}/{key}"))).Code;
    }

    [Theory]
    [InlineData("s3:PutObjectRetention")]
    [InlineData("s3:PutObjectLegalHold")]
    public async Task Who_may_write_may_not_lock(string action)
    {
        var bucket = await host.NewBucket() + "-locked";
        await Ana.Send("PUT", $"/{bucket}", null, ("x-amz-bucket-object-lock-enabled", "true"));
        await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray());
        (string, string)[] held = action.EndsWith("Hold", StringComparison.Ordinal)
            ? [("x-amz-object-lock-legal-hold", "ON")]
            :
            [
                ("x-amz-object-lock-mode", "COMPLIANCE"),
                ("x-amz-object-lock-retain-until-date", "2099-01-01T00:00:00Z"),
            ];
        await Put(bucket, Allow("s3:PutObject"), Allow("s3:GetObject"));
        await Attempts(403);
        await Put(bucket, Allow("s3:PutObject"), Allow("s3:GetObject"), Allow(action));
        await Attempts(200);

        async Task Attempts(int status)
        {
            Assert.Equal(status, (await Bob.Send("PUT", $"/{bucket}/mine", "x"u8.ToArray(), held)).Status);
            Assert.Equal(status, (await Bob.Send("POST", $"/{bucket}/mine?uploads", null, held)).Status);
            var from = ("x-amz-copy-source", $"{bucket}/k");
            Assert.Equal(status, (await Bob.Send("PUT", $"/{bucket}/mine", null, [from, .. held])).Status);
        }
    }

    [Fact]
    public async Task How_long_somebody_may_lock_is_asked_of_documents_and_of_headers()
    {
        var bucket = await host.NewBucket() + "-days";
        await Ana.Send("PUT", $"/{bucket}", null, ("x-amz-bucket-object-lock-enabled", "true"));
        await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray());
        await Put(
            bucket,
            Allow("s3:PutObject"),
            Statement(
                "Allow",
                "s3:PutObjectRetention",
                """
                {"NumericLessThanEquals":{"s3:object-lock-remaining-retention-days":"10"},
                 "StringEquals":{"s3:object-lock-mode":"GOVERNANCE"}}
                """
            ),
            Statement("Allow", "s3:PutObjectLegalHold", """{"StringEquals":{"s3:object-lock-legal-hold":"OFF"}}""")
        );
        foreach (
            var (mode, days, status) in new[]
            {
                ("GOVERNANCE", 9, 200),
                ("GOVERNANCE", 11, 403),
                ("COMPLIANCE", 9, 403),
            }
        )
        {
            var until = DateTimeOffset
                .FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds())
                .AddDays(days)
                .ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
            var document = $"<Retention><Mode>{mode}</Mode><RetainUntilDate>{until}</RetainUntilDate></Retention>";
            Assert.Equal(
                status,
                (await Bob.Send("PUT", $"/{bucket}/k?retention", Encoding.UTF8.GetBytes(document))).Status
            );
            (string, string)[] held =
            [
                ("x-amz-object-lock-mode", mode),
                ("x-amz-object-lock-retain-until-date", until),
            ];
            Assert.Equal(status, (await Bob.Send("PUT", $"/{bucket}/new", "x"u8.ToArray(), held)).Status);
        }
        Assert.Equal(200, await Hold("OFF"));
        Assert.Equal(403, await Hold("ON"));

        static string Document(string status) => $"<LegalHold><Status>{status}</Status></LegalHold>";

        async Task<int> Hold(string status) =>
            (await Bob.Send("PUT", $"/{bucket}/k?legal-hold", Encoding.UTF8.GetBytes(Document(status)))).Status;
    }

    [Fact]
    public async Task A_signature_may_be_asked_to_be_young()
    {
        var bucket = await Filled("k");
        await Put(bucket, Statement("Allow", "s3:GetObject", """{"NumericLessThan":{"s3:signatureAge":"600000"}}"""));
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}/k")).Status);
        await Put(bucket, Statement("Allow", "s3:GetObject", """{"NumericLessThan":{"s3:signatureAge":"-600000"}}"""));
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k")).Status);
    }

    [Theory]
    [InlineData("s3:PutObjectTagging", "x-amz-tagging", "colour=red")]
    [InlineData("s3:PutObjectAcl", "x-amz-acl", "public-read")]
    [InlineData("s3:PutObjectAcl", "x-amz-grant-read", "uri=http://acs.amazonaws.com/groups/global/AllUsers")]
    public async Task What_is_denied_by_its_name_does_not_come_with_a_new_object(
        string action,
        string name,
        string value
    )
    {
        var bucket = await host.NewBucket();
        await Put(bucket, Allow("s3:PutObject"));
        Assert.Equal(200, (await Bob.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), (name, value))).Status);
        await Put(bucket, Allow("s3:PutObject"), Statement("Deny", action, "{}"));
        Assert.Equal(403, (await Bob.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), (name, value))).Status);
        Assert.Equal(403, (await Bob.Send("POST", $"/{bucket}/k?uploads", null, (name, value))).Status);
        Assert.Equal(200, (await Bob.Send("PUT", $"/{bucket}/k", "x"u8.ToArray())).Status);
    }

    [Fact]
    public async Task Tags_in_a_document_are_looked_at_as_those_in_a_header_are()
    {
        var bucket = await Filled("k");
        await Put(
            bucket,
            Statement("Allow", "s3:PutObjectTagging", """{"StringEquals":{"s3:RequestObjectTag/colour":"red"}}"""),
            Statement(
                "Deny",
                "s3:PutObjectTagging",
                """{"ForAnyValue:StringEquals":{"s3:RequestObjectTagKeys":"secret"}}"""
            )
        );
        Assert.Equal(200, await Tag(("colour", "red")));
        Assert.Equal(403, await Tag(("colour", "blue")));
        Assert.Equal(403, await Tag(("colour", "red"), ("secret", "no")));

        async Task<int> Tag(params (string Key, string Value)[] tags)
        {
            var set = string.Concat(tags.Select(t => $"<Tag><Key>{t.Key}</Key><Value>{t.Value}</Value></Tag>"));
            var body = Encoding.UTF8.GetBytes($"<Tagging><TagSet>{set}</TagSet></Tagging>");
            return (await Bob.Send("PUT", $"/{bucket}/k?tagging", body)).Status;
        }
    }

    [Fact]
    public async Task What_was_public_once_is_not_public_in_the_past()
    {
        var (bucket, target) = (await Filled("k", ("x-amz-acl", "public-read")), await host.NewBucket());
        await Put(target, Allow("s3:PutObject"));
        Assert.Equal(200, (await Ana.SendUnsigned("GET", $"/{bucket}/k")).Status);
        var past = $"{bucket}--at-p{host.Varve.Barrier.Acknowledged}";
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}/k")).Status);

        Assert.Equal(200, (await Ana.Send("GET", $"/{past}/k")).Status);
        Assert.Equal(200, (await host.Raw("root").Send("GET", $"/{past}/k")).Status);
        Assert.Equal(403, (await Ana.SendUnsigned("GET", $"/{past}/k")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{past}/k")).Status);
        Assert.Equal(403, (await Bob.Send("GET", $"/{past}/none")).Status);
        Assert.Equal(403, (await Bob.Send("PUT", $"/{target}/k", null, ("x-amz-copy-source", $"{past}/k"))).Status);
    }

    [Fact]
    public async Task The_attributes_of_an_object_are_for_who_may_read_it()
    {
        var bucket = await Filled("k");
        var asked = ("x-amz-object-attributes", "ETag");
        await Put(bucket, Allow("s3:GetObjectAttributes"));
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k?attributes", null, asked)).Status);
        await Put(bucket, Allow("s3:GetObjectAttributes"), Allow("s3:GetObject"));
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}/k?attributes", null, asked)).Status);
    }

    [Fact]
    public async Task Headers_tell_of_tags_and_locks_to_who_may_ask_for_them()
    {
        var bucket = await host.NewBucket() + "-locked";
        await Ana.Send("PUT", $"/{bucket}", null, ("x-amz-bucket-object-lock-enabled", "true"));
        await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), Coloured, ("x-amz-object-lock-legal-hold", "ON"));
        string[] told = ["x-amz-tagging-count", "x-amz-object-lock-legal-hold"];
        await Put(bucket, Allow("s3:GetObject"));
        Assert.Empty(told.Intersect((await Bob.Send("HEAD", $"/{bucket}/k")).Headers.Keys));
        await Put(bucket, Allow("s3:GetObject"), Allow("s3:GetObjectTagging"), Allow("s3:GetObjectLegalHold"));
        Assert.Equal(told, told.Intersect((await Bob.Send("HEAD", $"/{bucket}/k")).Headers.Keys));
    }

    [Fact]
    public async Task A_name_that_looks_like_an_account_id_is_none()
    {
        var (thief, id) = (host.Raw(UserIds.AccountId("ana")), UserIds.AccountId("ana"));
        var bucket = await host.NewBucket() + "-of-thief";
        Assert.Equal(200, (await thief.Send("PUT", $"/{bucket}")).Status);
        Assert.Equal(403, await Look(id));
        Assert.Equal(200, await Look(UserIds.AccountId(id)));

        async Task<int> Look(string owner) =>
            (await thief.Send("HEAD", $"/{bucket}", null, ("x-amz-expected-bucket-owner", owner))).Status;
    }

    [Fact]
    public async Task The_source_of_a_copy_is_whose_it_is_expected_to_be()
    {
        var (bucket, header) = (await Filled("k"), "x-amz-source-expected-bucket-owner");
        var from = ("x-amz-copy-source", $"{bucket}/k");
        Assert.Equal(403, (await Copy("bob")).Status);
        Assert.Equal(200, (await Copy("ana")).Status);

        Task<RawAnswer> Copy(string owner) =>
            Ana.Send("PUT", $"/{bucket}/copy", null, from, (header, UserIds.AccountId(owner)));
    }

    [Fact]
    public async Task A_key_of_S3_that_nothing_ever_says_is_refused()
    {
        var bucket = await host.NewBucket();
        var refused = await Send(
            bucket,
            Statement("Deny", "s3:*", """{"NumericGreaterThan":{"s3:JobSuspendedCause":"1"}}""")
        );
        Assert.Equal((400, "MalformedPolicy"), (refused.Status, refused.Code));
        await Put(bucket, Statement("Deny", "s3:*", """{"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}}"""));
    }

    [Fact]
    public async Task What_is_compared_has_a_bound()
    {
        var bucket = await Filled("k");
        await Put(bucket, Statement("Allow", "s3:GetObject", """{"StringLike":{"aws:Referer":"*a*"}}"""));
        Assert.Equal(200, (await Get(4096)).Status);
        var refused = await Get(4097);
        Assert.Equal((400, "InvalidRequest"), (refused.Status, refused.Code));

        Task<RawAnswer> Get(int length) => Bob.Send("GET", $"/{bucket}/k", null, ("referer", new string('a', length)));
    }

    async Task<string> Filled(string key, params (string, string)[] headers)
    {
        var bucket = await host.NewBucket();
        Assert.Equal(200, (await Ana.Send("PUT", $"/{bucket}/{key}", "hello"u8.ToArray(), headers)).Status);
        return bucket;
    }

    static string Allow(string action) => Statement("Allow", action, "{}");

    static string Statement(string effect, string action, string condition) =>
        $$"""
            {"Effect":"{{effect}}","Principal":"*","Action":"{{action}}","Condition":{{condition}},
              "Resource":["arn:aws:s3:::BUCKET","arn:aws:s3:::BUCKET/*"]}
            """;

    async Task Put(string bucket, params string[] statements) =>
        Assert.Equal(204, (await Send(bucket, statements)).Status);

    Task<RawAnswer> Send(string bucket, params string[] statements)
    {
        var policy = $$"""{"Version":"2012-10-17","Statement":[{{string.Join(',', statements)}}]}""";
        var text = policy.Replace("BUCKET", bucket, StringComparison.Ordinal);
        return Ana.Send("PUT", $"/{bucket}?policy", Encoding.UTF8.GetBytes(text));
    }
}
