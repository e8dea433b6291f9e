using Microsoft.Extensions.Configuration;
using Varve.Api.Hosting;
using Varve.Api.Identity;
using Varve.EventStores.Node;

namespace Varve.Api.Tests.Hosting;

public sealed class EventsOptionsTests
{
    static readonly RootAccount Root = new("root", "a password of root's", Generated: false);

    static EventsOptions? From(params string[] settings) =>
        EventsOptions.From(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    settings
                        .Select(setting => setting.Split('=', 2))
                        .Select(s => KeyValuePair.Create($"Varve:Events:{s[0]}", (string?)s[1]))
                )
                .Build()
        );

    [Fact]
    public void The_log_is_not_served_unless_it_is_said() => Assert.Null(From());

    [Theory]
    [InlineData("Events:Insecure", "Insecure=true")]
    [InlineData("Events:Insecure", "Url=http://0.0.0.0:2113", "Insecure=true")]
    [InlineData("Events:Insecure", "Url=http://192.168.0.1:2113", "Insecure=true")]
    [InlineData("Events:Insecure", "Url=http://127.0.0.1:2113", "Insecure=perhaps")]
    [InlineData("Events:Url", "Url=127.0.0.1:2113")]
    [InlineData("Events:Url", "Url=esdb://127.0.0.1:2113")]
    [InlineData("Events:Url", "Url=http://127.0.0.1:2113/path")]
    [InlineData("Events:Url", "Url=http://127.0.0.1:2113", "Certificate=a.pem", "Key=a.key")]
    [InlineData("Events:Certificate", "Url=https://127.0.0.1:2113")]
    [InlineData("Events:Certificate", "Url=https://127.0.0.1:2113", "Certificate=none.pem", "Key=none.key")]
    [InlineData("Events:WriterPassword", "Url=http://127.0.0.1:2113", "WriterPassword=short")]
    [InlineData("Events:Advertise", "Url=http://127.0.0.1:2113", "Advertise=host")]
    public void A_wrong_setting_stops_the_start(string key, params string[] settings) =>
        Assert.StartsWith($"Varve:{key}: ", Assert.Throws<SettingsException>(() => From(settings)).Message);

    [Theory, InlineData("http://127.0.0.1:2113"), InlineData("http://localhost:2113"), InlineData("http://[::1]:2113")]
    public void This_machine_alone_may_be_let_in(string url) =>
        Assert.True(From($"Url={url}", "Insecure=true")!.Insecure);

    [Theory]
    [InlineData("varve", "writes-the-history", NodeRight.Write), InlineData("varve", "", NodeRight.None)]
    [InlineData("root", "a password of root's", NodeRight.Read), InlineData("root", "", NodeRight.None)]
    [InlineData("ana", "a password of root's", NodeRight.None)]
    public async Task Root_reads_and_Varves_own_processes_write(string user, string password, NodeRight right) =>
        Assert.Equal(right, await Judge(Readers("WriterPassword=writes-the-history"), user, password));

    [Fact]
    public async Task Without_a_writers_password_nobody_writes() =>
        Assert.Equal(NodeRight.None, await Judge(Readers(), "varve", ""));

    [Fact]
    public async Task Roots_password_can_be_guessed_at_ten_times()
    {
        var readers = Readers();
        for (var i = 0; i < 10; i++)
            Assert.Equal(NodeRight.None, await Judge(readers, "root", $"guess {i}"));
        Assert.Equal(NodeRight.None, await Judge(readers, "root", Root.Password));
        Assert.Equal(NodeRight.Read, await Judge(readers, "root", Root.Password, "ipv4:192.0.2.8:40000"));
    }

    static LogReaders Readers(params string[] settings) =>
        new(From(["Url=http://127.0.0.1:2113", .. settings])!, Root, accounts: null, TimeProvider.System);

    static ValueTask<NodeRight> Judge(
        LogReaders readers,
        string user,
        string password,
        string peer = "ipv4:192.0.2.7:40000"
    ) => readers.Judge(user, password, peer, TestContext.Current.CancellationToken);
}
