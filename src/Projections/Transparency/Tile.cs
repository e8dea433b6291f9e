using System.Globalization;

namespace Varve.Projections.Transparency;

/// <summary>256 neighbouring hashes of one level of the tree, or fewer at its right edge; or the entries of as many
/// leaves. Each is a file.</summary>
/// <param name="Level">0 holds the hashes of leaves, each level above the roots of 256 hashes below; <see
/// cref="Entries"/> holds the leaves themselves.</param>
/// <param name="Index">0-based in its level.</param>
/// <param name="Width">1 … 256.</param>
/// <seealso href="https://c2sp.org/tlog-tiles"/>
public readonly record struct Tile(int Level, long Index, int Width)
{
    /// <summary>Not a level: the entries that level 0 has the hashes of.</summary>
    public const int Entries = -1;

    /// <summary>Hashes in a full tile.</summary>
    public const int Full = 256;

    /// <summary>Hashes that a level has in a tree.</summary>
    public static long Hashes(int level, long treeSize) => level <= 0 ? treeSize : treeSize >> (8 * level);

    /// <summary>The tile in a tree of this size.</summary>
    public static Tile In(long treeSize, int level, long index) =>
        new(level, index, (int)Math.Min(Full, Hashes(level, treeSize) - (index * Full)));

    /// <summary>The full tile that comes, or came, in the place of this one.</summary>
    public Tile Whole => this with { Width = Full };

    /// <summary>Such as <c>tile/1/x001/x234/067.p/9</c>.</summary>
    public string Path
    {
        get
        {
            var index = Index.ToString("000", CultureInfo.InvariantCulture);
            var text = index.PadLeft((index.Length + 2) / 3 * 3, '0');
            var parts = Enumerable.Range(0, text.Length / 3).Select(i => text.Substring(i * 3, 3)).ToArray();
            var folders = string.Concat(parts[..^1].Select(part => $"x{part}/"));
            var level = Level == Entries ? "entries" : Level.ToString(CultureInfo.InvariantCulture);
            var partial = Width == Full ? "" : string.Create(CultureInfo.InvariantCulture, $".p/{Width}");
            return $"tile/{level}/{folders}{parts[^1]}{partial}";
        }
    }
}
