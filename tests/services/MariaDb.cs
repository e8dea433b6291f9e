namespace Varve.Services;

/// <summary>A MariaDB primary, and a replica that follows it.</summary>
public sealed class MariaDb() : Service("mariadb.sh", ports: 2)
{
    public string Url => UrlOf(Port);

    public string ReplicaUrl => UrlOf(Port + 1);

    public Task Stop(string name) => Run("stop", Folder, name);

    public Task KillOne(string name) => Kill(name);

    public Task Restart(string name) => Run("restart", Folder, name);

    static string UrlOf(int port) => $"mysql://varve:varve@127.0.0.1:{port}/";
}
