using Varve.EventStores.EventStoreDb;

namespace Varve.EventStores.Tests.EventStoreDb;

public sealed class ConnectionStringTests
{
    [Theory]
    [InlineData("esdb://localhost", "localhost:2113", false)]
    [InlineData("esdb://localhost/", "localhost:2113", false)]
    [InlineData("ESDB://10.0.0.1:1113?tls=false", "10.0.0.1:1113", false)]
    [InlineData("esdb+discover://cluster.example.com", "cluster.example.com:2113", true)]
    [InlineData("esdb://a,b:2,c:3/?tls=true", "a:2113 b:2 c:3", true)]
    [InlineData("kurrentdb://a", "a:2113", false)]
    [InlineData("kurrentdb+discover://a:1", "a:1", true)]
    [InlineData("kdb://[::1]:2114", "::1:2114", false)]
    [InlineData("kdb+discover://[::1]", "::1:2113", true)]
    public void Hosts_are_read(string text, string hosts, bool discover)
    {
        var read = ConnectionString.Parse(text);
        Assert.Equal(hosts.Split(' '), read.Hosts.Select(host => $"{host.Host}:{host.Port}"));
        Assert.Equal(discover, read.Discover);
    }

    [Fact]
    public void What_is_not_said_is_as_in_the_official_clients()
    {
        var read = ConnectionString.Parse("esdb://localhost");
        Assert.True(read.Tls && read.VerifyCertificate);
        Assert.Equal((null, null), (read.User, read.Password));
        Assert.Equal((10, NodePreference.Leader), (read.MaxDiscoverAttempts, read.NodePreference));
        Assert.Equal(TimeSpan.FromMilliseconds(100), read.DiscoveryInterval);
        Assert.Equal(TimeSpan.FromSeconds(5), read.GossipTimeout);
        Assert.Equal(TimeSpan.FromSeconds(10), read.DefaultDeadline);
        Assert.Equal(TimeSpan.FromSeconds(10), read.KeepAliveInterval);
        Assert.Equal(TimeSpan.FromSeconds(10), read.KeepAliveTimeout);
        Assert.NotEmpty(read.ConnectionName);
    }

    [Fact]
    public void Everything_that_can_be_said_is_read_in_any_case()
    {
        var file = typeof(ConnectionStringTests).Assembly.Location;
        var read = ConnectionString.Parse(
            "esdb://us%40er:p%3Aass%2F@h:1?TLS=False&tlsVerifyCert=false&TLSCAFILE="
                + Uri.EscapeDataString(file)
                + $"&userCertFile={file}&userKeyFile={file}&connectionName=me&nodePreference=READONLYREPLICA"
                + "&maxDiscoverAttempts=3&discoveryInterval=7&gossipTimeout=8&defaultDeadline=9"
                + "&keepAliveInterval=-1&keepAliveTimeout=11&throwOnAppendFailure=false"
        );
        Assert.Equal(("us@er", "p:ass/"), (read.User, read.Password));
        Assert.False(read.Tls || read.VerifyCertificate);
        Assert.Equal((file, file, file), (read.CaFile, read.UserCertFile, read.UserKeyFile));
        Assert.Equal(("me", NodePreference.ReadOnlyReplica), (read.ConnectionName, read.NodePreference));
        Assert.Equal((3, 7, 8), (read.MaxDiscoverAttempts, Ms(read.DiscoveryInterval), Ms(read.GossipTimeout)));
        Assert.Equal((9, -1, 11), (Ms(read.DefaultDeadline), Ms(read.KeepAliveInterval), Ms(read.KeepAliveTimeout)));
        static int Ms(TimeSpan time) => (int)time.TotalMilliseconds;
    }

    [Theory]
    [InlineData("", "esdb://"), InlineData("localhost:2113", "esdb://"), InlineData("http://localhost", "'http'")]
    [InlineData("esdb://", "not a host"), InlineData("esdb://a,,b", "not a host"), InlineData("esdb://a b", "'a b'")]
    [InlineData("esdb://a:0", "1 to 65535"), InlineData("esdb://a:70000", "1 to 65535")]
    [InlineData("esdb://a:x", "1 to 65535"), InlineData("esdb://user@a", "a colon and a password")]
    [InlineData("esdb://a?tls", "'tls'"), InlineData("esdb://a?tls=yes", "true or false")]
    [InlineData("esdb://a?tlss=true", "'tlss'"), InlineData("esdb://a?nodePreference=boss", "'boss'")]
    [InlineData("esdb://a?nodePreference=1", "'1'"), InlineData("esdb://a?maxDiscoverAttempts=0", "from 1 on")]
    [InlineData("esdb://a?gossipTimeout=-1", "from 1 on"), InlineData("esdb://a?keepAliveInterval=-2", "from 1 on")]
    [InlineData("esdb://a?tlsCAFile=/no/such/file", "/no/such/file")]
    public void What_is_wrong_is_named(string text, string said) =>
        Assert.Contains(said, Assert.Throws<FormatException>(() => ConnectionString.Parse(text)).Message);

    [Fact]
    public void A_certificate_comes_with_its_key()
    {
        var file = typeof(ConnectionStringTests).Assembly.Location;
        Assert.Throws<FormatException>(() => ConnectionString.Parse($"esdb://a?userCertFile={file}"));
    }

    [Fact]
    public void The_password_is_in_no_text_and_in_no_error()
    {
        Assert.DoesNotContain("secret", $"{ConnectionString.Parse("esdb://user:secret@a,b")}");
        foreach (var wrong in new[] { "esdb://user:secret@a?x=1", "esdb://user:secret@:1", "esdb://user:secret@a:0" })
            Assert.DoesNotContain(
                "secret",
                Assert.Throws<FormatException>(() => ConnectionString.Parse(wrong)).Message
            );
    }
}
