using System.Net;

namespace Varve.Tiers.S3;

/// <summary>How a bucket's name is put into an address.</summary>
public enum S3Addressing
{
    /// <summary><c>http://host/bucket/key</c></summary>
    Path,

    /// <summary><c>http://bucket.host/key</c></summary>
    Virtual,
}

/// <summary>A bucket of an S3 server, and how contents lie in it.</summary>
public sealed record S3TierOptions
{
    /// <summary>The least that S3 takes for a part that is not the last.</summary>
    public const int PartBytesMin = 5 * 1024 * 1024;

    /// <summary>The first word of its locations, and of its keys: <c>ceph</c>, <c>oss</c>.</summary>
    public required string Name { get; init; }

    public required Uri Endpoint { get; init; }

    public required string AccessKey { get; init; }

    public required string SecretKey { get; init; }

    /// <summary>Made where it is missing.</summary>
    public string Bucket { get; init; } = "userfile";

    /// <summary>What requests are signed for.</summary>
    public string Region { get; init; } = "us-east-1";

    public S3Addressing Addressing { get; init; }

    /// <summary>Bodies up to this size, in bytes, are one request, larger ones parts of this size. S3 takes 10,000
    /// parts: with 8 MiB that is 78 GiB.</summary>
    public int PartBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Parts in memory at once, of all bodies; who wants one more waits.</summary>
    public int PartsInMemory { get; init; } = 24;

    /// <summary>Opens a connection; null: by TCP, to where DNS leads. Tests lead names elsewhere.</summary>
    public Func<DnsEndPoint, CancellationToken, ValueTask<Stream>>? Connect { get; init; }

    /// <summary>How long a request may be silent before it is given up, and sent again.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(60);
}
