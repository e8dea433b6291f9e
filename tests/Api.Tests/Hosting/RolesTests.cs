using Microsoft.Extensions.Configuration;
using Varve.Api.Hosting;

namespace Varve.Api.Tests.Hosting;

public sealed class RolesTests
{
    const string Log = "Varve:EventStore=esdb://127.0.0.1:2113?tls=false";
    const string MySql = "Varve:MySql=mysql://varve:varve@127.0.0.1/";

    [Theory]
    [InlineData("Varve:Roles", "Varve:Roles=api")]
    [InlineData("Varve:Roles", "Varve:Roles=cook")]
    [InlineData("Varve:Roles", "Varve:Roles=api,worker", Log)]
    [InlineData("Varve:Roles", "Varve:Roles=projector", MySql)]
    [InlineData("Varve:MySqlReplica", "Varve:MySqlReplica=mysql://h/")]
    [InlineData("Varve:MySqlReplica", MySql, "Varve:MySqlReplica=mysql://h/other")]
    [InlineData("Varve:MySqlShards", MySql, "Varve:MySqlShards=3")]
    [InlineData("Varve:MySql", "Varve:MySql=postgres://h/")]
    [InlineData("Varve:Redis", "Varve:Redis=http://h/")]
    public void What_cannot_work_stops_the_start_with_the_setting_s_name(string key, params string[] settings) =>
        Assert.StartsWith(
            key + ":",
            Assert.Throws<SettingsException>(() => Settings.From(Configuration(settings))).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Several_processes_do_not_keep_bytes_on_one_of_their_disks()
    {
        var storage = StorageOptions.From(Configuration([]));
        storage.CheckFor(Roles.All);
        storage.CheckFor(Roles.All | Roles.Events);
        storage.CheckFor(Roles.Projector);
        foreach (var roles in (Roles[])[Roles.Api, Roles.Worker, Roles.Api | Roles.Projector])
            Assert.Contains("Storage:Primary", Assert.Throws<SettingsException>(() => storage.CheckFor(roles)).Message);
    }

    static IConfiguration Configuration(string[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(
                settings.Select(one => one.Split('=', 2)).Select(one => KeyValuePair.Create(one[0], (string?)one[1]))
            )
            .Build();
}
