using Varve.Domain.Access;

namespace Varve.Api;

/// <summary>Who is asking, once that is proved.</summary>
/// <param name="Root">May do everything with every bucket.</param>
public sealed record Caller(string UserName, bool Root)
{
    /// <summary>Somebody without a signature. No user can have this name.</summary>
    public static readonly Caller Anonymous = new("-", Root: false);

    public bool IsAnonymous => UserName == Anonymous.UserName;

    public Principal Principal { get; } = UserName == "-" ? Principal.Anonymous : new(UserName, Root);
}
