namespace Varve.Api.Tests.S3;

public sealed class RenameObjectTests(S3Host host)
{
    const string Source = "x-amz-rename-source";

    async Task<(RawS3 Raw, string Bucket)> Stored()
    {
        var (raw, bucket) = (host.Raw("ana"), $"/{await host.NewBucket()}");
        await raw.Send("PUT", $"{bucket}/a%20b", "one"u8.ToArray(), ("x-amz-meta-colour", "blue"));
        return (raw, bucket);
    }

    [Theory, InlineData("a%20b"), InlineData("/a%20b")]
    public async Task A_name_becomes_another(string source)
    {
        var (raw, bucket) = await Stored();
        await raw.Send("PUT", $"{bucket}/to", "overwritten"u8.ToArray());
        Assert.Equal(200, (await raw.Send("PUT", $"{bucket}/to?renameObject", null, (Source, source))).Status);
        var got = await raw.Send("GET", $"{bucket}/to");
        Assert.Equal(("one", "blue"), (got.Text, got.Headers["x-amz-meta-colour"]));
        Assert.Equal(404, (await raw.Send("HEAD", $"{bucket}/a%20b")).Status);
        var again = await raw.Send("PUT", $"{bucket}/to?renameObject", null, (Source, source));
        Assert.Equal((404, "NoSuchKey"), (again.Status, again.Code));
    }

    [Fact]
    public async Task With_a_token_it_is_done_once()
    {
        var (raw, bucket) = await Stored();
        (string, string)[] headers = [(Source, "a%20b"), ("x-amz-client-token", Guid.NewGuid().ToString())];
        Assert.Equal(200, (await raw.Send("PUT", $"{bucket}/to?renameObject", null, headers)).Status);
        await raw.Send("PUT", $"{bucket}/a%20b", "two"u8.ToArray());
        Assert.Equal(200, (await raw.Send("PUT", $"{bucket}/to?renameObject", null, headers)).Status);
        Assert.Equal("one", (await raw.Send("GET", $"{bucket}/to")).Text);
        Assert.Equal("two", (await raw.Send("GET", $"{bucket}/a%20b")).Text);
        var other = await raw.Send("PUT", $"{bucket}/to2?renameObject", null, [(Source, "to"), headers[1]]);
        Assert.Equal((409, "IdempotentParameterMismatch"), (other.Status, other.Code));
    }

    [Theory]
    [InlineData("if-none-match", "*", 412), InlineData("if-match", "other", 412), InlineData("if-match", "*", 200)]
    [InlineData("if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT", 412)]
    [InlineData("if-modified-since", "Sat, 01 Jan 2000 00:00:00 GMT", 200)]
    [InlineData("x-amz-rename-source-if-match", "other", 412), InlineData("x-amz-rename-source-if-match", "*", 200)]
    [InlineData("x-amz-rename-source-if-unmodified-since", "Sat, 01 Jan 2000 00:00:00 GMT", 412)]
    public async Task It_can_depend_on_both_ends(string name, string value, int status)
    {
        var (raw, bucket) = await Stored();
        await raw.Send("PUT", $"{bucket}/to", "there"u8.ToArray());
        var answer = await raw.Send("PUT", $"{bucket}/to?renameObject", null, (Source, "a%20b"), (name, value));
        Assert.Equal((status, status == 200 ? "" : "PreconditionFailed"), (answer.Status, answer.Code));
        Assert.Equal(status == 200 ? "one" : "there", (await raw.Send("GET", $"{bucket}/to")).Text);
    }

    [Fact]
    public async Task Who_may_not_read_and_delete_the_source_renames_nothing()
    {
        var (raw, bucket) = await Stored();
        await raw.Send("PUT", $"{bucket}?acl", null, ("x-amz-acl", "public-read-write"));
        var refused = await host.Raw("bob").Send("PUT", $"{bucket}/to?renameObject", null, (Source, "a%20b"));
        Assert.Equal((403, "AccessDenied"), (refused.Status, refused.Code));
        Assert.Equal(200, (await raw.Send("HEAD", $"{bucket}/a%20b")).Status);
    }

    [Fact]
    public async Task Who_may_read_it_stays_with_it()
    {
        var (raw, bucket) = await Stored();
        await raw.Send("PUT", $"{bucket}/a%20b?acl", null, ("x-amz-acl", "public-read"));
        await raw.Send("PUT", $"{bucket}/to?renameObject", null, (Source, "a%20b"));
        Assert.Equal("one", (await raw.SendUnsigned("GET", $"{bucket}/to")).Text);
        var overridden = await raw.SendUnsigned("GET", $"{bucket}/to?response-content-type=a");
        Assert.Equal((400, "InvalidRequest"), (overridden.Status, overridden.Code));
    }

    [Fact]
    public async Task Its_source_must_be_named()
    {
        var (raw, bucket) = await Stored();
        var answer = await raw.Send("PUT", $"{bucket}/to?renameObject");
        Assert.Equal((400, "InvalidArgument"), (answer.Status, answer.Code));
    }
}
