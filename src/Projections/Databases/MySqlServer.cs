using System.Data.Common;
using MySqlConnector;

namespace Varve.Projections.Databases;

/// <summary>How a MySQL or MariaDB server is reached. Thread-safe.</summary>
public sealed class MySqlServer
{
    const string DefaultDatabase = "filestore_server";
    const int ConnectionsMax = 64;
    const int ConnectSeconds = 5;
    const int StatementSeconds = 30;

    readonly string connectionString;

    MySqlServer(MySqlConnectionStringBuilder builder)
    {
        builder.Pooling = true;
        if (!builder.ContainsKey("Maximum Pool Size"))
            builder.MaximumPoolSize = ConnectionsMax;
        if (!builder.ContainsKey("Connection Timeout"))
            builder.ConnectionTimeout = ConnectSeconds;
        if (!builder.ContainsKey("Default Command Timeout"))
            builder.DefaultCommandTimeout = StatementSeconds;
        builder.GuidFormat = MySqlGuidFormat.None;
        builder.TreatTinyAsBoolean = false;
        // As SQLite counts: rows found, not rows that turned out different.
        builder.UseAffectedRows = false;
        builder.CharacterSet = "utf8mb4";
        Database = builder.Database;
        connectionString = builder.ConnectionString;
    }

    /// <summary>The database of the documented tables.</summary>
    public string Database { get; }

    /// <param name="text"><c>mysql://user:password@host:3306/database</c>, or a connection string such as
    /// <c>Server=host;User ID=user;Password=…;Database=filestore_server</c>.</param>
    /// <exception cref="FormatException">It is neither.</exception>
    public static MySqlServer Parse(string text)
    {
        try
        {
            var builder = text.Contains("://", StringComparison.Ordinal)
                ? FromUrl(new Uri(text))
                : new MySqlConnectionStringBuilder(text);
            if (builder.Server.Length == 0)
                throw new FormatException("it names no server");
            if (builder.Database.Length == 0)
                builder.Database = DefaultDatabase;
            if (!builder.Database.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                throw new FormatException($"database '{builder.Database}': letters, digits and _ only");
            return new(builder);
        }
        catch (Exception wrong) when (wrong is ArgumentException or UriFormatException)
        {
            throw new FormatException(wrong.Message, wrong);
        }
    }

    static MySqlConnectionStringBuilder FromUrl(Uri url)
    {
        if (url.Scheme is not ("mysql" or "mariadb"))
            throw new FormatException($"'{url.Scheme}://' is not mysql://");
        var user = url.UserInfo.Split(':', 2);
        return new MySqlConnectionStringBuilder(url.Query.TrimStart('?').Replace('&', ';'))
        {
            Server = url.Host,
            Port = (uint)(url.Port > 0 ? url.Port : 3306),
            UserID = Uri.UnescapeDataString(user[0]),
            Password = user.Length > 1 ? Uri.UnescapeDataString(user[1]) : "",
            Database = Uri.UnescapeDataString(url.AbsolutePath.Trim('/')),
        };
    }

    /// <param name="database">Null for <see cref="Database"/>; empty for none.</param>
    /// <exception cref="MySqlException">The server is out of reach, or refuses.</exception>
    public async ValueTask<DbConnection> Connect(string? database, CancellationToken cancel)
    {
        var connection = new MySqlConnection(
            database is null
                ? connectionString
                : new MySqlConnectionStringBuilder(connectionString) { Database = database }.ConnectionString
        );
        try
        {
            await connection.OpenAsync(cancel);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a script of several statements.</summary>
    public static async ValueTask Run(DbConnection connection, string script, CancellationToken cancel)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = script;
        await command.ExecuteNonQueryAsync(cancel);
    }

    public static SqlFault Judge(DbException fault) =>
        fault is MySqlException { ErrorCode: var code }
            ? code switch
            {
                MySqlErrorCode.DuplicateKeyEntry
                or MySqlErrorCode.ColumnCannotBeNull
                or MySqlErrorCode.DataTooLong
                or MySqlErrorCode.WarningDataOutOfRange
                or MySqlErrorCode.TruncatedWrongValue
                or MySqlErrorCode.TruncatedWrongValueForField
                or MySqlErrorCode.ParseError
                or MySqlErrorCode.BadFieldError
                or MySqlErrorCode.WrongValueCountOnRow => SqlFault.Statement,
                MySqlErrorCode.NotKeyFile or MySqlErrorCode.OldKeyFile or MySqlErrorCode.TableCorrupt =>
                    SqlFault.Damage,
                _ => SqlFault.Passing,
            }
            : SqlFault.Passing;
}
