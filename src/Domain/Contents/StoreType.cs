namespace Varve.Domain.Contents;

/// <summary>The kinds of tiers, by the numbers that transfer messages have; the nearer, the smaller.</summary>
public enum StoreType
{
    Local = 1,
    Ceph = 2,
    Oss = 3,
}

/// <summary>Kinds of tiers and the tiers' names.</summary>
public static class StoreTypes
{
    /// <summary>The first word of this machine's locations.</summary>
    public const string Local = "disk";

    /// <returns>Null where no tier of a known kind has this name.</returns>
    public static StoreType? Of(string tier) =>
        tier switch
        {
            Local => StoreType.Local,
            "ceph" => StoreType.Ceph,
            "oss" => StoreType.Oss,
            _ => null,
        };

    /// <summary>Orders tiers by how near they are; those of unknown kinds come last.</summary>
    public static int Distance(string tier) => (int?)Of(tier) ?? int.MaxValue;
}
