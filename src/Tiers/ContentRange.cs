namespace Varve.Tiers;

static class ContentRange
{
    /// <exception cref="ArgumentOutOfRangeException">Not within the content.</exception>
    public static void Check(long offset, long length, long size)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, size - offset);
    }
}
