namespace Varve.Tidy.Tests;

static class Offences
{
    /// <summary>Fails with all of them, not with the first.</summary>
    public static void None(IEnumerable<string> offences) => Assert.Equal("", string.Join('\n', offences));
}
