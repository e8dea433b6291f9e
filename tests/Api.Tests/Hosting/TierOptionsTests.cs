using Microsoft.Extensions.Configuration;
using Varve.Api.Hosting;
using Varve.Tiers.S3;

namespace Varve.Api.Tests.Hosting;

public sealed class TierOptionsTests
{
    /// <summary>Of two values of a key the last counts.</summary>
    static StorageOptions From(params (string Key, string Value)[] settings)
    {
        var values = new Dictionary<string, string?>();
        foreach (var (key, value) in settings)
            values[$"Varve:{key}"] = value;
        return StorageOptions.From(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
    }

    static (string, string)[] Oss(string endpoint, params (string Key, string Value)[] more) =>
        [("Tiers:oss:Endpoint", endpoint), ("Tiers:oss:AccessKey", "a"), ("Tiers:oss:SecretKey", "s"), .. more];

    [Fact]
    public void Nothing_set_is_the_disk_alone() => Assert.Equal(("disk", 0), (From().Primary, From().Tiers.Count));

    [Theory]
    [InlineData("https://s3.oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou")]
    [InlineData("https://s3.oss-cn-hongkong-internal.aliyuncs.com", "cn-hongkong")]
    public void OSS_is_addressed_by_host_and_its_endpoint_says_the_region(string endpoint, string region)
    {
        var tier = Assert.Single(From(Oss(endpoint, ("Storage:Primary", "oss"))).Tiers);
        Assert.Equal(
            ("oss", "userfile", region, S3Addressing.Virtual),
            (tier.Name, tier.Bucket, tier.Region, tier.Addressing)
        );
    }

    [Theory]
    [InlineData("Storage:Primary", "tape", "Varve:Storage:Primary: 'tape'")]
    [InlineData("Storage:Primary", "ceph", "Varve:Storage:Primary: 'ceph' is not set up")]
    [InlineData("Storage:Copies", "ceph", "Varve:Storage:Copies: 'ceph' is not set up")]
    [InlineData("Tiers:tape:Endpoint", "http://t", "Varve:Tiers:tape")]
    [InlineData("Tiers:ceph:Bucket", "userfile", "Varve:Tiers:ceph:Endpoint: not set")]
    [InlineData("Tiers:ceph:Endpoint", "http://127.0.0.1:7480", "Varve:Tiers:ceph:AccessKey: not set")]
    [InlineData("Tiers:ceph:Endpoint", "127.0.0.1:7480", "Varve:Tiers:ceph:AccessKey|Varve:Tiers:ceph:Endpoint")]
    [InlineData("Tiers:ceph:AcessKey", "a", "Varve:Tiers:ceph:AcessKey: no such key")]
    [InlineData("Tiers:oss:AddressingStyle", "path", "Varve:Tiers:oss:AddressingStyle")]
    [InlineData("Tiers:oss:Bucket", "A", "Varve:Tiers:oss:Bucket")]
    [InlineData("Tiers:oss:Endpoint", "https://oss.example.com", "Varve:Tiers:oss:Region")]
    [InlineData("Storage:Copies", "oss", "Varve:Storage:Copies: 'oss' is the primary")]
    public void What_is_wrong_is_named(string key, string value, string message)
    {
        var oss = key.Contains("oss", StringComparison.Ordinal) || value == "oss";
        (string, string)[] settings = oss
            ? Oss("https://s3.oss-cn-hangzhou.aliyuncs.com", ("Storage:Primary", "oss"), (key, value))
            : [(key, value)];
        var wrong = Assert.Throws<SettingsException>(() => From(settings));
        Assert.Contains(message.Split('|'), one => wrong.Message.StartsWith(one, StringComparison.Ordinal));
    }
}
