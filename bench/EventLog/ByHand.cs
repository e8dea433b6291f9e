using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Varve.EventLog;

/// <summary>What a loop of bare SQLite transactions does on the same disk in the same minute: the yardstick.</summary>
static class ByHand
{
    public static Row Run(string folder, int batch, TimeSpan duration)
    {
        Directory.CreateDirectory(folder);
        using var connection = new SqliteConnection($"Data Source={folder}/hand.db;Pooling=False");
        connection.Open();
        Execute(connection, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
        Execute(
            connection,
            "CREATE TABLE e(position INTEGER PRIMARY KEY, stream TEXT, revision INTEGER, id BLOB, type TEXT, "
                + "data BLOB, metadata BLOB, UNIQUE(stream, revision))"
        );
        using var insert = connection.CreateCommand();
        insert.CommandText =
            "INSERT INTO e(stream, revision, id, type, data, metadata) "
            + "VALUES($stream, 0, $id, 'ObjectPut', $data, '{}')";
        var stream = insert.Parameters.Add("$stream", SqliteType.Text);
        var id = insert.Parameters.Add("$id", SqliteType.Blob);
        insert.Parameters.AddWithValue("$data", Sample.Bytes.ToArray());
        var latencies = new List<double>();
        var begun = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(begun) < duration)
        {
            var start = Stopwatch.GetTimestamp();
            using var transaction = connection.BeginTransaction();
            insert.Transaction = transaction;
            for (var i = 0; i < batch; i++)
            {
                var one = Guid.NewGuid();
                (stream.Value, id.Value) = ($"object-bench/{one:N}", one.ToByteArray());
                insert.ExecuteNonQuery();
            }
            transaction.Commit();
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        var seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds;
        return new($"SQLite by hand, {batch} a commit", seconds, latencies.Count * batch, latencies.Count, latencies);
    }

    static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
