using System.Text;

namespace Varve.Projections.Objects;

/// <summary>
/// Makes a page of a listing from names in byte order. Names that share a beginning up to the delimiter become one
/// common prefix, and the walk says where to go on behind it, so that what it hides is not read.
/// </summary>
/// <param name="after">Exclusive. Where it has the delimiter, all that its common prefix covers is behind it.</param>
sealed class NameWalk(string prefix, string delimiter, string after, int max)
{
    /// <summary>So many hidden names are passed over before a new seek is cheaper; one, once a common prefix has
    /// proved to hide more.</summary>
    const int PassedMax = 8;

    readonly byte[] prefixBytes = Encoding.UTF8.GetBytes(prefix);
    readonly byte[] delimiterBytes = Encoding.UTF8.GetBytes(delimiter);
    byte[] rolled = [];
    int passed;
    int passedMax = PassedMax;
    int taken;

    public List<string> CommonPrefixes { get; } = [];

    /// <summary>There is more behind the page.</summary>
    public bool Truncated { get; private set; }

    /// <summary>Items that the page still has room for.</summary>
    public int Room => max - taken;

    /// <summary>True if the page's last item is a common prefix.</summary>
    public bool EndsInPrefix { get; private set; }

    /// <summary>Where to begin reading, inclusive; null if nothing can follow.</summary>
    public byte[]? Start()
    {
        if (after.Length == 0)
            return prefixBytes;
        var last = Encoding.UTF8.GetBytes(after);
        var end = EndOfCommonPrefix(last);
        var behind = end > 0 ? Successor(last.AsSpan(0, end)) : [.. last, 0];
        return behind is null || behind.AsSpan().SequenceCompareTo(prefixBytes) >= 0 ? behind : prefixBytes;
    }

    /// <summary>Where to begin reading if the name that the page follows may itself have more to show; null if it has
    /// not.</summary>
    public byte[]? StartAt()
    {
        var last = Encoding.UTF8.GetBytes(after);
        return last.AsSpan().StartsWith(prefixBytes) && EndOfCommonPrefix(last) == 0 ? last : null;
    }

    /// <summary>Takes the next name.</summary>
    public Walk Take(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith(prefixBytes))
            return Walk.Done;
        if (rolled.Length > 0 && name.StartsWith(rolled))
            return PassOver();
        if (taken == max)
        {
            Truncated = true;
            return Walk.Done;
        }
        taken++;
        var end = EndOfCommonPrefix(name);
        EndsInPrefix = end > 0;
        if (end == 0)
            return Walk.Item;
        rolled = name[..end].ToArray();
        passed = 0;
        CommonPrefixes.Add(Encoding.UTF8.GetString(rolled));
        return Walk.Passed;
    }

    /// <summary>Passes over the next name, which has nothing to show.</summary>
    public Walk Skip(ReadOnlySpan<byte> name)
    {
        if (!name.StartsWith(prefixBytes))
            return Walk.Done;
        return rolled.Length > 0 && name.StartsWith(rolled) ? PassOver() : Walk.Passed;
    }

    Walk PassOver()
    {
        if (++passed < passedMax)
            return Walk.Passed;
        passedMax = 1;
        return Walk.Jump;
    }

    /// <summary>Where to go on after <see cref="Walk.Jump"/>, inclusive; null if nothing can follow.</summary>
    public byte[]? BehindCommonPrefix() => Successor(rolled);

    /// <summary>Length of the name up to and with the first delimiter behind the prefix; 0 if it has none.</summary>
    int EndOfCommonPrefix(ReadOnlySpan<byte> name)
    {
        if (delimiterBytes.Length == 0 || !name.StartsWith(prefixBytes))
            return 0;
        var found = name[prefixBytes.Length..].IndexOf(delimiterBytes);
        return found < 0 ? 0 : prefixBytes.Length + found + delimiterBytes.Length;
    }

    /// <summary>The first name behind all that begin with <paramref name="beginning"/>.</summary>
    static byte[]? Successor(ReadOnlySpan<byte> beginning)
    {
        var length = beginning.LastIndexOfAnyExcept((byte)0xFF) + 1;
        if (length == 0)
            return null;
        var next = beginning[..length].ToArray();
        next[^1]++;
        return next;
    }
}

/// <summary>What became of a name.</summary>
enum Walk
{
    /// <summary>It is on the page.</summary>
    Item,

    /// <summary>A common prefix stands for it, or nothing does.</summary>
    Passed,

    /// <summary>The same, and it is time to seek behind that common prefix.</summary>
    Jump,

    /// <summary>The page is complete.</summary>
    Done,
}
