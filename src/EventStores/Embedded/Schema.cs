namespace Varve.EventStores.Embedded;

/// <summary>
/// The tables of the log. Positions, stream ids and revisions grow, so all inserts but one land on the right edge of
/// their B-tree, which costs the same at any size. The one is the index of names: of their hash and not of the names
/// themselves, it is a fifth as large, fits the writer's cache with a million streams, and answers "no such stream"
/// without a look into the table.
/// </summary>
static class Schema
{
    const int Version = 2;

    const string Version1 = """
        CREATE TABLE streams (
          id INTEGER PRIMARY KEY,
          hash INTEGER NOT NULL,   -- the first 8 bytes of the name's SHA-256: nobody can make many names collide
          name TEXT NOT NULL
        );
        CREATE INDEX streams_by_hash ON streams (hash);
        CREATE TABLE events (
          position INTEGER PRIMARY KEY,
          stream INTEGER NOT NULL, -- streams.id
          revision INTEGER NOT NULL,
          id BLOB NOT NULL,        -- 16 bytes, big-endian
          type TEXT NOT NULL,
          created INTEGER NOT NULL, -- 100 ns since 1970-01-01 UTC
          data BLOB,
          metadata BLOB
        );
        CREATE UNIQUE INDEX events_by_stream ON events (stream, revision);
        PRAGMA user_version = 1;
        """;

    /// <summary>A column at the end with a constant for the rows that are there: no row is touched.</summary>
    const string Version2 = """
        ALTER TABLE events ADD COLUMN json INTEGER NOT NULL DEFAULT 1; -- 0 where the data is no JSON
        PRAGMA user_version = 2;
        """;

    /// <summary>Makes the tables if they are not there.</summary>
    /// <exception cref="EventStoreUnavailableException">A newer Varve made them.</exception>
    public static void Ensure(Database database, string path)
    {
        var version = Check(database, path);
        database.Execute("PRAGMA journal_mode = WAL");
        if (version < Version)
            database.Execute($"BEGIN IMMEDIATE; {(version < 1 ? Version1 : "")} {Version2} COMMIT");
    }

    /// <returns>The version of the tables that are there; 0 if there are none.</returns>
    /// <exception cref="EventStoreUnavailableException">A newer Varve made them.</exception>
    public static long Check(Database database, string path)
    {
        var version = database.Ask("PRAGMA user_version");
        return version <= Version
            ? version
            : throw new EventStoreUnavailableException(
                $"{path} has schema version {version}, and this Varve knows versions up to {Version}. "
                    + "Run the Varve that wrote it, or a newer one."
            );
    }
}
