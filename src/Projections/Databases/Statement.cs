namespace Varve.Projections.Databases;

/// <summary>One SQL statement, in words that SQLite and MySQL share.</summary>
/// <param name="Sql">A constant: prepared commands are kept by its reference. Parameters are <c>@names</c>.</param>
/// <param name="Arguments">In the order in which the names first appear in <paramref name="Sql"/>.</param>
public readonly record struct Statement(string Sql, params object?[] Arguments);
