namespace Varve.Api.Rest;

/// <summary>Settings of the REST surface.</summary>
public sealed record RestOptions
{
    /// <summary><c>InstantUpload:Proof</c>: false (<c>none</c>) gives any content to whoever names its hash; only for
    /// closed, trusted groups.</summary>
    public bool ProofRequired { get; init; } = true;

    /// <summary><c>InstantUpload:NonceLifetime</c>: how long a client may take to compute a proof.</summary>
    public TimeSpan NonceLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary><c>InstantUpload:AttemptsPerMinute</c>: unproved ones, of one user; more are answered 429.</summary>
    public int AttemptsPerMinute { get; init; } = 60;
}
