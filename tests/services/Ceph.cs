namespace Varve.Services;

/// <summary>A Ceph with one disk, and the S3 of its radosgw.</summary>
public sealed class Ceph() : Service("ceph.sh", ports: 30)
{
    public const string AccessKey = "varve";
    public const string SecretKey = "varve-secret";

    public Uri Url => new($"http://127.0.0.1:{Port}/");

    /// <summary>Ends the S3 front, as a crash would; the objects stay.</summary>
    public Task KillFront() => Kill("rgw");

    public Task RestartFront() => Run("restart", Folder, "rgw");
}
