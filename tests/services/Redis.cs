namespace Varve.Services;

/// <summary>A Redis that keeps nothing.</summary>
public sealed class Redis() : Service("redis.sh")
{
    public string Address => $"127.0.0.1:{Port}";

    public Task Stop() => Kill();

    /// <summary>Empty.</summary>
    public Task Restart() => InitializeAsync().AsTask();
}
