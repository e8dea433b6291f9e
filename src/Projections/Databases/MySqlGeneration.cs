namespace Varve.Projections.Databases;

/// <summary>What the read models' tables in a database are: the row of <c>tbl_generation</c>.</summary>
/// <param name="Number">Counts the rebuilds.</param>
/// <param name="Condemned">Why the rows are not to be trusted; null if they are.</param>
sealed record MySqlGeneration(int Number, string Fingerprint, int Shards, string? Condemned)
{
    const string Select = "SELECT number, fingerprint, shards, condemned FROM tbl_generation";

    const string Insert = """
        INSERT INTO tbl_generation (number, fingerprint, shards) VALUES (@number, @fingerprint, @shards)
        """;

    const string Update = "UPDATE tbl_generation SET condemned = @reason";

    /// <returns>Null where the tables were not made to their end.</returns>
    public static ValueTask<MySqlGeneration?> Read(SqlSession session, CancellationToken cancel) =>
        session.First(
            new(Select),
            row => new MySqlGeneration(row.GetInt32(0), row.GetString(1), row.GetInt32(2), row.ReadText(3)),
            cancel
        );

    public static ValueTask<int> Write(SqlSession session, int number, int shards, CancellationToken cancel) =>
        session.Execute(new(Insert, number, MySqlSchema.Fingerprint, shards), cancel);

    public static ValueTask<int> Condemn(SqlSession session, string reason, CancellationToken cancel) =>
        session.Execute(new(Update, reason), cancel);
}
