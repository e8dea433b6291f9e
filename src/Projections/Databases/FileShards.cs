using System.Globalization;

namespace Varve.Projections.Databases;

/// <summary>Into how many tables <c>tbl_file</c> is cut: 1, 16 or 256, by the last hex digits of the hash.</summary>
public static class FileShards
{
    public static readonly int[] Counts = [1, 16, 256];

    /// <summary>The tables, in order.</summary>
    public static IEnumerable<string> Tables(int shards) =>
        shards == 1 ? ["tbl_file"] : Suffixes(shards).Select(suffix => $"tbl_file_{suffix}");

    /// <param name="fileHash">SHA-1 in hex, or its last two digits.</param>
    public static string TableOf(string fileHash, int shards) =>
        shards == 1 ? "tbl_file" : $"tbl_file_{Suffix(Last(fileHash) % shards)}";

    internal static IEnumerable<string> Suffixes(int shards) => Enumerable.Range(0, shards).Select(Suffix);

    static int Last(string fileHash) =>
        int.Parse(fileHash.AsSpan()[^2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    static string Suffix(int shard) => shard.ToString("x2", CultureInfo.InvariantCulture);
}
