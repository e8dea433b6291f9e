namespace Varve.Api;

/// <summary>Who is asking, once that is proved.</summary>
/// <param name="Root">May do everything with every bucket.</param>
public sealed record Caller(string UserName, bool Root)
{
    /// <summary>Private by default: a bucket is its owner's and root's.</summary>
    public bool MayUse(string bucketOwner) => Root || bucketOwner == UserName;
}
