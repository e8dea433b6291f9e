namespace Varve.Api.Tests.S3;

public sealed class GetObjectTaggingTests(S3Host host)
{
    [Fact]
    public async Task An_object_has_no_tags_and_takes_none()
    {
        var path = $"/{await host.NewBucket()}/k";
        var raw = host.Raw("ana");
        Assert.Equal("NoSuchKey", (await raw.Send("GET", $"{path}?tagging")).Code);
        await raw.Send("PUT", path, "hello"u8.ToArray());
        var tags = await raw.Send("GET", $"{path}?tagging");
        Assert.Equal((200, "Tagging", ""), (tags.Status, tags.Xml.Name.LocalName, tags.Element("TagSet")));
        Assert.Equal("NotImplemented", (await raw.Send("GET", $"{path}?tagging&versionId=1")).Code);
        Assert.Equal("NotImplemented", (await raw.Send("PUT", $"{path}?tagging", "<Tagging/>"u8.ToArray())).Code);
        Assert.Equal("NotImplemented", (await raw.Send("DELETE", $"{path}?tagging")).Code);
    }
}
