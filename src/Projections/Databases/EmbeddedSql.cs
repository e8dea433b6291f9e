using System.Reflection;

namespace Varve.Projections.Databases;

/// <summary>The scripts of <c>sql/</c>, which are in this assembly.</summary>
static class EmbeddedSql
{
    static readonly Assembly Home = Assembly.GetExecutingAssembly();

    /// <summary>The scripts of a folder, in the order of their names.</summary>
    /// <param name="folder">Such as <c>sqlite/</c>.</param>
    public static IReadOnlyList<string> Names(string folder) =>
        [
            .. Home.GetManifestResourceNames()
                .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];

    public static string Text(string script)
    {
        using var reader = new StreamReader(Home.GetManifestResourceStream(script)!);
        return reader.ReadToEnd();
    }

    /// <summary>All scripts of a folder as one.</summary>
    public static string Of(string folder) => string.Join('\n', Names(folder).Select(Text));
}
