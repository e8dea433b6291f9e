namespace Varve.Api.Tests.S3.Permissions;

/// <summary>Public access block and ownership controls.</summary>
public sealed class PublicAccessTests(S3Host host)
{
    RawS3 Ana => host.Raw("ana");

    RawS3 Bob => host.Raw("bob");

    [Fact]
    public async Task A_block_is_kept_until_it_is_deleted()
    {
        var bucket = await host.NewBucket();
        Assert.Equal("NoSuchPublicAccessBlockConfiguration", (await Block(bucket)).Code);
        await Put(bucket, "BlockPublicAcls", "RestrictPublicBuckets");
        var block = await Block(bucket);
        Assert.Equal(
            ["true", "false", "false", "true"],
            new[] { "BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets" }.Select(
                block.Element
            )
        );
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}?publicAccessBlock")).Status);
        Assert.Equal("NoSuchPublicAccessBlockConfiguration", (await Block(bucket)).Code);
        var wrong =
            "<PublicAccessBlockConfiguration><BlockPublicAcls>yes</BlockPublicAcls></PublicAccessBlockConfiguration>"u8;
        Assert.Equal("MalformedXML", (await Ana.Send("PUT", $"/{bucket}?publicAccessBlock", wrong.ToArray())).Code);
    }

    [Theory]
    [InlineData("public-read"), InlineData("public-read-write"), InlineData("authenticated-read")]
    public async Task Public_lists_can_be_refused(string acl)
    {
        var bucket = await host.NewBucket();
        await Put(bucket, "BlockPublicAcls");
        var header = ("x-amz-acl", acl);
        Assert.Equal("AccessDenied", (await Ana.Send("PUT", $"/{bucket}?acl", null, header)).Code);
        Assert.Equal("AccessDenied", (await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), header)).Code);
        Assert.Equal(200, (await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray())).Status);
        Assert.Equal("AccessDenied", (await Ana.Send("PUT", $"/{bucket}/k?acl", null, header)).Code);
    }

    [Fact]
    public async Task Public_lists_can_be_ignored()
    {
        var bucket = await host.NewBucket();
        var header = ("x-amz-acl", "public-read");
        await Ana.Send("PUT", $"/{bucket}?acl", null, header);
        await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), header);
        Assert.Equal(
            (200, 200),
            ((await Bob.Send("GET", $"/{bucket}")).Status, (await Bob.Send("GET", $"/{bucket}/k")).Status)
        );
        await Put(bucket, "IgnorePublicAcls");
        Assert.Equal(
            (403, 403),
            ((await Bob.Send("GET", $"/{bucket}")).Status, (await Bob.Send("GET", $"/{bucket}/k")).Status)
        );
        Assert.Equal(200, (await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray(), header)).Status);
    }

    [Fact]
    public async Task Public_policies_can_be_refused_and_restricted()
    {
        var bucket = await host.NewBucket();
        await Ana.Send("PUT", $"/{bucket}/k", "x"u8.ToArray());
        await Put(bucket, "BlockPublicPolicy");
        Assert.Equal("AccessDenied", (await Ana.Send("PUT", $"/{bucket}?policy", Open(bucket, "\"*\""))).Code);
        Assert.Equal(204, (await Ana.Send("PUT", $"/{bucket}?policy", Open(bucket, """{"AWS":"bob"}"""))).Status);
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}/k")).Status);

        await Ana.Send("DELETE", $"/{bucket}?publicAccessBlock");
        await Ana.Send("PUT", $"/{bucket}?policy", Open(bucket, "\"*\""));
        Assert.Equal(200, (await Bob.Send("GET", $"/{bucket}/k")).Status);
        await Put(bucket, "RestrictPublicBuckets");
        Assert.Equal(403, (await Bob.Send("GET", $"/{bucket}/k")).Status);
        Assert.Equal(200, (await Ana.Send("GET", $"/{bucket}/k")).Status);
    }

    [Fact]
    public async Task Ownership_is_kept_until_it_is_deleted()
    {
        var bucket = await host.NewBucket();
        var none = await Ana.Send("GET", $"/{bucket}?ownershipControls");
        Assert.Equal((404, "OwnershipControlsNotFoundError"), (none.Status, none.Code));
        foreach (var mode in new[] { "BucketOwnerPreferred", "ObjectWriter", "BucketOwnerEnforced" })
        {
            Assert.Equal(200, (await Own(bucket, mode)).Status);
            Assert.Equal(mode, (await Ana.Send("GET", $"/{bucket}?ownershipControls")).Element("ObjectOwnership"));
        }
        Assert.Equal("MalformedXML", (await Own(bucket, "Mine")).Code);
        Assert.Equal(204, (await Ana.Send("DELETE", $"/{bucket}?ownershipControls")).Status);
        Assert.Equal(404, (await Ana.Send("GET", $"/{bucket}?ownershipControls")).Status);
    }

    [Fact]
    public async Task Lists_that_grant_something_keep_them_from_being_turned_off()
    {
        var bucket = await host.NewBucket();
        await Ana.Send("PUT", $"/{bucket}?acl", null, ("x-amz-acl", "public-read"));
        Assert.Equal("InvalidBucketAclWithObjectOwnership", (await Own(bucket, "BucketOwnerEnforced")).Code);
        var made = await Ana.Send(
            "PUT",
            "/enforced-and-public",
            null,
            ("x-amz-object-ownership", "BucketOwnerEnforced"),
            ("x-amz-acl", "public-read")
        );
        Assert.Equal((400, "InvalidBucketAclWithObjectOwnership"), (made.Status, made.Code));
        var odd = await Ana.Send("PUT", "/owned-oddly", null, ("x-amz-object-ownership", "Mine"));
        Assert.Equal((400, "InvalidArgument"), (odd.Status, odd.Code));
    }

    [Fact]
    public async Task Ownership_says_whose_another_users_object_is()
    {
        var bucket = await host.NewBucket();
        await Ana.Send("PUT", $"/{bucket}?acl", null, ("x-amz-acl", "public-read-write"));
        var full = ("x-amz-acl", "bucket-owner-full-control");
        await Bob.Send("PUT", $"/{bucket}/writer", "x"u8.ToArray(), full);
        await Own(bucket, "BucketOwnerPreferred");
        await Bob.Send("PUT", $"/{bucket}/preferred", "x"u8.ToArray(), full);
        await Bob.Send("PUT", $"/{bucket}/still-writer", "x"u8.ToArray());
        var owners = (await Ana.Send("GET", $"/{bucket}")).Elements("DisplayName");
        Assert.Equal(["ana", "bob", "bob"], owners);
    }

    Task<RawAnswer> Block(string bucket) => Ana.Send("GET", $"/{bucket}?publicAccessBlock");

    Task<RawAnswer> Own(string bucket, string mode) =>
        Ana.Send(
            "PUT",
            $"/{bucket}?ownershipControls",
            System.Text.Encoding.UTF8.GetBytes(
                $"<OwnershipControls><Rule><ObjectOwnership>{mode}</ObjectOwnership></Rule></OwnershipControls>"
            )
        );

    async Task Put(string bucket, params string[] on)
    {
        var body =
            "<PublicAccessBlockConfiguration>"
            + string.Concat(on.Select(name => $"<{name}>true</{name}>"))
            + "</PublicAccessBlockConfiguration>";
        var answer = await Ana.Send("PUT", $"/{bucket}?publicAccessBlock", System.Text.Encoding.UTF8.GetBytes(body));
        Assert.Equal(200, answer.Status);
    }

    static byte[] Open(string bucket, string principal) =>
        System.Text.Encoding.UTF8.GetBytes(
            $$"""
            {"Statement":{"Effect":"Allow","Principal":{{principal}},"Action":"s3:GetObject","Resource":"arn:aws:s3:::{{bucket}}/*"} }
            """
        );
}
