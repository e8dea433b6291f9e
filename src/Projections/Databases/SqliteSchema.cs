using System.Buffers.Binary;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace Varve.Projections.Databases;

/// <summary>The tables of <c>sql/sqlite/</c>, and a number that changes with them or with what fills them.</summary>
static class SqliteSchema
{
    public static readonly string Script = string.Join('\n', Files().Select(Text));

    /// <summary>Kept in the database (<c>user_version</c>): any other number there means rebuild.</summary>
    public static readonly int Version =
        BinaryPrimitives.ReadInt32LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(Script + Names())))
        & int.MaxValue;

    static Assembly Home => typeof(SqliteSchema).Assembly;

    static IEnumerable<string> Files() =>
        Home.GetManifestResourceNames()
            .Where(name => name.StartsWith("sqlite/", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal);

    static string Names() => string.Join(' ', ReadModelProjections.All().Select(projection => projection.Name));

    static string Text(string resource)
    {
        using var reader = new StreamReader(Home.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
