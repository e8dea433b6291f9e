using Microsoft.Extensions.Logging.Abstractions;
using Varve.Services;
using Varve.Tiers.S3;

[assembly: AssemblyFixture(typeof(Ceph))]

namespace Varve.Tiers.Tests.S3;

public sealed class CephTierContract(Ceph ceph) : TierContract, IAsyncDisposable
{
    readonly S3Tier tier = CephTiers.Open(ceph, "contract");

    protected override ITier Tier => tier;

    public ValueTask DisposeAsync() => tier.DisposeAsync();
}

static class CephTiers
{
    public static S3TierOptions OptionsOf(Ceph ceph, string bucket) =>
        new()
        {
            Name = "ceph",
            Endpoint = ceph.Url,
            AccessKey = Ceph.AccessKey,
            SecretKey = Ceph.SecretKey,
            Bucket = bucket,
            PartBytes = S3TierOptions.PartBytesMin,
        };

    public static S3Tier Open(Ceph ceph, string bucket) => Open(OptionsOf(ceph, bucket));

    public static S3Tier Open(S3TierOptions options) => new(options, TimeProvider.System, NullLogger<S3Tier>.Instance);
}
