using System.Text;
using Varve.Domain.Access;

namespace Varve.Api.Tests.S3.Permissions;

/// <summary>GetBucketAcl, PutBucketAcl, GetObjectAcl, PutObjectAcl, and the headers that set lists.</summary>
public sealed class AclTests(S3Host host)
{
    const string Everybody = "http://acs.amazonaws.com/groups/global/AllUsers";

    static readonly string AnaId = UserIds.CanonicalId("ana");
    static readonly string BobId = UserIds.CanonicalId("bob");

    RawS3 Ana => host.Raw("ana");

    RawS3 Bob => host.Raw("bob");

    [Fact]
    public async Task What_is_new_is_its_owners_alone()
    {
        var bucket = await Filled();
        foreach (var target in new[] { $"/{bucket}?acl", $"/{bucket}/k?acl" })
        {
            var acl = await Ana.Send("GET", target);
            Assert.Equal([AnaId, AnaId], acl.Elements("ID"));
            Assert.Equal(["ana", "ana"], acl.Elements("DisplayName"));
            Assert.Equal(["FULL_CONTROL"], acl.Elements("Permission"));
        }
    }

    [Theory]
    [InlineData("private", "FULL_CONTROL")]
    [InlineData("public-read", "READ FULL_CONTROL")]
    [InlineData("public-read-write", "READ WRITE FULL_CONTROL")]
    [InlineData("authenticated-read", "READ FULL_CONTROL")]
    [InlineData("log-delivery-write", "WRITE READ_ACP FULL_CONTROL")]
    [InlineData("aws-exec-read", "FULL_CONTROL")]
    [InlineData("bucket-owner-full-control", "FULL_CONTROL")]
    public async Task A_canned_list_is_shown_as_what_it_grants(string name, string rights)
    {
        var bucket = await Filled();
        foreach (var target in new[] { $"/{bucket}?acl", $"/{bucket}/k?acl" })
        {
            Assert.Equal(200, (await Ana.Send("PUT", target, null, ("x-amz-acl", name))).Status);
            Assert.Equal(rights.Split(' '), (await Ana.Send("GET", target)).Elements("Permission"));
        }
    }

    [Fact]
    public async Task A_public_object_of_a_private_bucket_is_read_by_anybody()
    {
        var bucket = await Filled();
        var before = (await Ana.Send("HEAD", $"/{bucket}/k")).Headers["last-modified"];
        Assert.Equal(403, (await Ana.SendUnsigned("GET", $"/{bucket}/k")).Status);
        await Ana.Send("PUT", $"/{bucket}/k?acl", null, ("x-amz-acl", "public-read"));
        Assert.Equal("hello", (await Ana.SendUnsigned("GET", $"/{bucket}/k")).Text);
        Assert.Equal(403, (await Ana.SendUnsigned("GET", $"/{bucket}")).Status);
        Assert.Equal(403, (await Ana.SendUnsigned("PUT", $"/{bucket}/k", "x"u8.ToArray())).Status);
        Assert.Equal(before, (await Ana.Send("HEAD", $"/{bucket}/k")).Headers["last-modified"]);
        await Ana.Send("PUT", $"/{bucket}/k", "private again"u8.ToArray());
        Assert.Equal(403, (await Ana.SendUnsigned("GET", $"/{bucket}/k")).Status);
    }

    [Fact]
    public async Task A_list_comes_with_the_object_however_it_is_made()
    {
        var bucket = await Filled();
        var acl = ("x-amz-acl", "public-read");
        await Ana.Send("PUT", $"/{bucket}/put", "x"u8.ToArray(), acl);
        await Ana.Send("PUT", $"/{bucket}/copy", null, acl, ("x-amz-copy-source", $"{bucket}/k"));
        var id = (await Ana.Send("POST", $"/{bucket}/parts?uploads", null, acl)).Element("UploadId");
        var part = await Ana.Send("PUT", $"/{bucket}/parts?partNumber=1&uploadId={id}", "x"u8.ToArray());
        var list =
            $"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part.Headers["etag"]}</ETag></Part></CompleteMultipartUpload>";
        await Ana.Send("POST", $"/{bucket}/parts?uploadId={id}", Encoding.UTF8.GetBytes(list));
        foreach (var key in new[] { "put", "copy", "parts" })
            Assert.Equal(200, (await Ana.SendUnsigned("GET", $"/{bucket}/{key}")).Status);
    }

    [Fact]
    public async Task An_object_in_anothers_bucket_is_its_writers()
    {
        var bucket = await NewBucket("public-read-write");
        Assert.Equal(200, (await Bob.Send("PUT", $"/{bucket}/k", "bob's"u8.ToArray())).Status);
        Assert.Equal(403, (await Ana.Send("GET", $"/{bucket}/k")).Status);
        Assert.Contains(BobId, (await Ana.Send("GET", $"/{bucket}")).Elements("ID"));
        await Bob.Send("PUT", $"/{bucket}/k", "bob's"u8.ToArray(), ("x-amz-acl", "bucket-owner-read"));
        Assert.Equal("bob's", (await Ana.Send("GET", $"/{bucket}/k")).Text);
        var acl = await Bob.Send("GET", $"/{bucket}/k?acl");
        Assert.Equal([BobId, AnaId, BobId], acl.Elements("ID"));
        Assert.Equal(["READ", "FULL_CONTROL"], acl.Elements("Permission"));
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}/k")).Status);
    }

    [Fact]
    public async Task Somebody_without_a_signature_writes_for_the_buckets_owner()
    {
        var bucket = await NewBucket("public-read-write");
        Assert.Equal(200, (await Ana.SendUnsigned("PUT", $"/{bucket}/k", "x"u8.ToArray())).Status);
        Assert.Equal(200, (await Ana.Send("GET", $"/{bucket}/k")).Status);
        Assert.Equal(403, (await Ana.SendUnsigned("GET", $"/{bucket}/k")).Status);
    }

    [Fact]
    public async Task Few_users_are_looked_for_by_address_in_one_list()
    {
        var bucket = await Filled();
        Assert.Equal(200, await Grant(10));
        Assert.Equal(400, await Grant(11));

        async Task<int> Grant(int count)
        {
            var list = string.Join(',', Enumerable.Repeat("emailAddress=\"bob@example.org\"", count));
            return (await Ana.Send("PUT", $"/{bucket}/k?acl", null, ("x-amz-grant-read", list))).Status;
        }
    }

    [Fact]
    public async Task Grants_in_headers_are_the_whole_list()
    {
        var bucket = await Filled();
        var id = $"id=\"{BobId}\"";
        (string, string)[] headers =
        [
            ("x-amz-grant-read", id),
            ("x-amz-grant-write", "emailAddress=\"bob@example.org\""),
            ("x-amz-grant-read-acp", id),
            ("x-amz-grant-write-acp", id),
            ("x-amz-grant-full-control", $"{id}, uri=\"{Everybody}\""),
        ];
        foreach (var target in new[] { $"/{bucket}?acl", $"/{bucket}/k?acl" })
        {
            Assert.Equal(200, (await Ana.Send("PUT", target, null, headers)).Status);
            var acl = await Bob.Send("GET", target);
            Assert.Equal(
                ["FULL_CONTROL", "READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"],
                acl.Elements("Permission")
            );
            Assert.Equal([AnaId, .. Enumerable.Repeat(BobId, 5)], acl.Elements("ID"));
        }
    }

    [Fact]
    public async Task A_document_replaces_the_list()
    {
        var bucket = await Filled();
        foreach (var target in new[] { $"/{bucket}?acl", $"/{bucket}/k?acl" })
        {
            Assert.Equal(200, (await Ana.Send("PUT", target, Document(AnaId, ("ID", BobId, "FULL_CONTROL")))).Status);
            Assert.Equal([AnaId, BobId], (await Bob.Send("GET", target)).Elements("ID"));
            Assert.Equal(200, (await Bob.Send("PUT", target, Document(AnaId, ("URI", Everybody, "READ")))).Status);
            Assert.Equal([Everybody], (await Ana.Send("GET", target)).Elements("URI")); // the owner always may
            Assert.Equal(403, (await Bob.Send("GET", target)).Status);
        }
        Assert.Equal(200, (await Ana.Send("PUT", $"/{bucket}?acl", Document(AnaId))).Status);
        Assert.Equal(403, (await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray())).Status);
        Assert.Equal(200, (await Ana.Send("PUT", $"/{bucket}?acl", null, ("x-amz-acl", "private"))).Status);
    }

    [Fact]
    public async Task A_list_that_means_nothing_is_refused()
    {
        var bucket = await Filled();
        var target = $"/{bucket}?acl";
        var one = Document(AnaId, ("ID", BobId, "READ"));
        Assert.Equal("MalformedACLError", (await Ana.Send("PUT", target, "<a/>"u8.ToArray())).Code);
        Assert.Equal("MalformedACLError", (await Ana.Send("PUT", target, Document(AnaId, ("ID", BobId, "ALL")))).Code);
        Assert.Equal("InvalidArgument", (await Ana.Send("PUT", target, Document(AnaId, ("ID", "_foo", "READ")))).Code);
        Assert.Equal("InvalidArgument", (await Ana.Send("PUT", target, Document(AnaId, ("URI", "x", "READ")))).Code);
        Assert.Equal(
            (400, "UnresolvableGrantByEmailAddress"),
            await Refusal(Ana.Send("PUT", target, Document(AnaId, ("EmailAddress", "eve@example.org", "READ"))))
        );
        Assert.Equal((403, "AccessDenied"), await Refusal(Ana.Send("PUT", target, Document(BobId))));
        Assert.Equal((400, "MissingSecurityHeader"), await Refusal(Ana.Send("PUT", target)));
        Assert.Equal("InvalidArgument", (await Ana.Send("PUT", target, null, ("x-amz-acl", "public-ready"))).Code);
        Assert.Equal("InvalidRequest", (await Ana.Send("PUT", target, one, ("x-amz-acl", "private"))).Code);
        var both = await Ana.Send("PUT", target, null, ("x-amz-acl", "private"), ("x-amz-grant-read", $"id={BobId}"));
        Assert.Equal("InvalidRequest", both.Code);
        Assert.Equal("NoSuchKey", (await Ana.Send("PUT", $"/{bucket}/none?acl", one)).Code);
        Assert.Equal("NoSuchKey", (await Ana.Send("GET", $"/{bucket}/none?acl")).Code);
    }

    [Fact]
    public async Task A_bucket_without_lists_takes_none()
    {
        var bucket = await NewBucket(acl: null, ("x-amz-object-ownership", "BucketOwnerEnforced"));
        var refused = (400, "AccessControlListNotSupported");
        Assert.Equal(refused, await Refusal(Ana.Send("PUT", $"/{bucket}?acl", null, ("x-amz-acl", "public-read"))));
        var put = Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), ("x-amz-acl", "public-read"));
        Assert.Equal(refused, await Refusal(put));
        var full = await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), ("x-amz-acl", "bucket-owner-full-control"));
        Assert.Equal(200, full.Status);
        Assert.Equal(["FULL_CONTROL"], (await Ana.Send("GET", $"/{bucket}/k?acl")).Elements("Permission"));
        Assert.Equal(refused, await Refusal(Ana.Send("PUT", $"/{bucket}/k?acl", null, ("x-amz-acl", "private"))));
    }

    async Task<string> NewBucket(string? acl, params (string, string)[] headers)
    {
        var name = $"acl-{Guid.NewGuid():N}";
        var all = acl is null ? headers : [.. headers, ("x-amz-acl", acl)];
        Assert.Equal(200, (await Ana.Send("PUT", $"/{name}", null, all)).Status);
        return name;
    }

    async Task<string> Filled()
    {
        var bucket = await host.NewBucket();
        await Ana.Send("PUT", $"/{bucket}/k", "hello"u8.ToArray());
        return bucket;
    }

    static async Task<(int, string)> Refusal(Task<RawAnswer> asked)
    {
        var answer = await asked;
        return (answer.Status, answer.Code);
    }

    static byte[] Document(string owner, params (string Kind, string Value, string Permission)[] grants) =>
        Encoding.UTF8.GetBytes(
            $"<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>{owner}</ID></Owner>"
                + "<AccessControlList>"
                + string.Concat(
                    grants.Select(g =>
                        $"<Grant><Grantee><{g.Kind}>{g.Value}</{g.Kind}></Grantee><Permission>{g.Permission}</Permission></Grant>"
                    )
                )
                + "</AccessControlList></AccessControlPolicy>"
        );
}
