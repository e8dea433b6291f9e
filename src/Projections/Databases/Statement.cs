namespace Varve.Projections.Databases;

/// <summary>One SQL statement, in words that SQLite and MySQL share.</summary>
/// <param name="Sql">A constant: prepared commands are kept by its reference. Parameters are <c>@names</c>.</param>
/// <param name="Arguments">In the order in which the names first appear in <paramref name="Sql"/>.</param>
public readonly record struct Statement(string Sql, params object?[] Arguments)
{
    /// <summary>SHA-1 in hex, of the one content that a statement on <c>tbl_file</c> is about: by its end, a sharded
    /// database knows the table. Null where it is not known, and for other tables.</summary>
    public string? FileHash { get; init; }
}
