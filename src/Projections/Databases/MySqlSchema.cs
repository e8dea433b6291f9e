using System.Collections.Frozen;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Varve.Projections.Databases;

/// <summary>The read models' tables in MySQL, of <c>sql/mysql/</c>.</summary>
public static partial class MySqlSchema
{
    /// <summary>Changes with the tables, or with what fills them: rows of another one are built anew.</summary>
    public static readonly string Fingerprint = Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(EmbeddedSql.Of("mysql/") + ReadModelProjections.Names()))
    );

    static readonly FrozenSet<string> Names = Tables().Select(NameOf).ToFrozenSet();

    /// <summary>The tables as they are made: names compare by their bytes, spaces at the end too.</summary>
    /// <param name="mariaDb">MySQL calls that collation by another name.</param>
    public static string Script(int shards, bool mariaDb)
    {
        var collation = mariaDb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
        var options = $") ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE={collation};";
        var tables = Tables()
            .Select(table =>
                NameOf(table) == "tbl_file"
                    ? string.Join(
                        '\n',
                        FileShards.Tables(shards).Select(name => TableName().Replace(table, $"CREATE TABLE {name}"))
                    )
                    : table
            );
        return EndOfTable().Replace(string.Join('\n', tables), options);
    }

    /// <summary>Whether a table is one of the read models', however <c>tbl_file</c> is cut.</summary>
    public static bool Has(string table) =>
        Names.Contains(table) || table.StartsWith("tbl_file_", StringComparison.Ordinal);

    public static bool IsMariaDb(DbConnection connection) =>
        connection.ServerVersion.Contains("MariaDB", StringComparison.OrdinalIgnoreCase);

    /// <summary>The script in pieces, one for each table, with what stands before and after it.</summary>
    static string[] Tables() => TableStart().Split(EmbeddedSql.Of("mysql/"))[1..];

    static string NameOf(string table) => TableName().Match(table).Groups[1].Value;

    [GeneratedRegex(@"(?=^CREATE TABLE )", RegexOptions.Multiline)]
    private static partial Regex TableStart();

    [GeneratedRegex(@"CREATE TABLE (\w+)")]
    private static partial Regex TableName();

    [GeneratedRegex(@"^\);", RegexOptions.Multiline)]
    private static partial Regex EndOfTable();
}
