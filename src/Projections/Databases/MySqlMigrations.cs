using System.Data.Common;
using System.Globalization;

namespace Varve.Projections.Databases;

/// <summary>The tables that are not rebuilt from the log (accounts, leases): scripts of <c>sql/mysql-cluster/</c>, each
/// of which runs once, in order. <c>tbl_migration</c> counts them.</summary>
public static class MySqlMigrations
{
    const string Folder = "mysql-cluster/";
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Makes the database if there is none, and brings its tables up to date; one process at a time.</summary>
    /// <exception cref="InvalidOperationException">The tables are of a newer version of Varve.</exception>
    public static async Task Run(MySqlServer server, CancellationToken cancel)
    {
        await using var turn =
            await MySqlLock.TryTake(server, "schema", Patience, cancel)
            ?? throw new InvalidOperationException(
                $"Another process has been migrating {server.Database} for too long."
            );
        await using var connection = await server.Connect("", cancel);
        await MySqlServer.Run(connection, $"CREATE DATABASE IF NOT EXISTS {server.Database}", cancel);
        await connection.ChangeDatabaseAsync(server.Database, cancel);
        await MySqlServer.Run(connection, "CREATE TABLE IF NOT EXISTS tbl_migration (number int PRIMARY KEY)", cancel);
        var scripts = EmbeddedSql.Names(Folder);
        var done = await Scalar(connection, "SELECT COUNT(*) FROM tbl_migration", cancel);
        if (done > scripts.Count)
            throw new InvalidOperationException(
                $"{server.Database} has schema {done}; this version of Varve knows {scripts.Count}: update it."
            );
        for (var number = (int)done; number < scripts.Count; number++)
        {
            // DDL commits by itself: a script that was cut is run again, so it must bear that.
            await MySqlServer.Run(connection, EmbeddedSql.Text(scripts[number]), cancel);
            await MySqlServer.Run(
                connection,
                string.Create(CultureInfo.InvariantCulture, $"INSERT INTO tbl_migration VALUES ({number + 1})"),
                cancel
            );
        }
    }

    /// <summary>All scripts, as text.</summary>
    public static string Script => EmbeddedSql.Of(Folder);

    static async ValueTask<long> Scalar(DbConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(await command.ExecuteScalarAsync(cancel), CultureInfo.InvariantCulture);
    }
}
