using System.Xml.Linq;

namespace Varve.Tidy.Tests;

/// <summary>The files of this repository, by path from its root.</summary>
static class Repository
{
    static readonly string[] Built = ["bin", "obj", "node_modules", "artifacts", ".git"];

    public static string Root { get; } = FindRoot();

    /// <summary>C# that people wrote.</summary>
    public static IReadOnlyList<string> Sources { get; } =
    [.. new[] { "src", "tests", "bench" }.SelectMany(folder => Files(folder, "*.cs")).Order(StringComparer.Ordinal)];

    public static IReadOnlyList<string> Projects { get; } =
    [
        .. new[] { "src", "tests", "bench" }
            .SelectMany(folder => Files(folder, "*.csproj"))
            .Order(StringComparer.Ordinal),
    ];

    public static IReadOnlyList<string> Pages { get; } = [.. Files("", "*.md").Order(StringComparer.Ordinal)];

    public static string Full(string path) => Path.Combine(Root, path);

    public static string Text(string path) => File.ReadAllText(Full(path));

    public static string[] Lines(string path) => File.ReadAllLines(Full(path));

    public static XDocument Xml(string path) => XDocument.Load(Full(path));

    static IEnumerable<string> Files(string folder, string pattern) =>
        Directory
            .EnumerateFiles(Full(folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split('/').Intersect(Built).Any());

    static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Varve.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("no Varve.slnx above the tests");
        return folder.FullName;
    }
}
