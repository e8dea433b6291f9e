namespace Varve.Tidy.Tests;

static class Offences
{
    /// <summary>Fails with all of them, not with the first.</summary>
    public static void None(IEnumerable<string> offences)
    {
        var all = offences.ToList();
        if (all.Count > 0)
            Assert.Fail(string.Join('\n', all));
    }
}
