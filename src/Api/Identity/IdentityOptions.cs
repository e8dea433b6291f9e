namespace Varve.Api.Identity;

/// <summary>Section <c>Identity</c> of the settings.</summary>
public sealed record IdentityOptions
{
    /// <summary>How long a sign-in lasts after it was last used.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromDays(30);

    /// <summary>PBKDF2-HMAC-SHA-512 iterations of new password hashes.</summary>
    public int PasswordIterations { get; init; } = 210_000;

    /// <summary>Failed sign-ins of one user name within <see cref="AttemptWindow"/>; more are answered 429.</summary>
    public int FailedSignInsPerUser { get; init; } = 10;

    /// <summary>Failed sign-ins from one address within <see cref="AttemptWindow"/>.</summary>
    public int FailedSignInsPerAddress { get; init; } = 100;

    public TimeSpan AttemptWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <exception cref="InvalidOperationException">A value is not allowed; the message names its key.</exception>
    public IdentityOptions Checked() =>
        SessionLifetime < TimeSpan.FromMinutes(1) ? throw Wrong(nameof(SessionLifetime), "a minute at least")
        : PasswordIterations is < 210_000 or > 100_000_000
            ? throw Wrong(nameof(PasswordIterations), "210,000 to 100,000,000")
        : FailedSignInsPerUser < 1 ? throw Wrong(nameof(FailedSignInsPerUser), "1 at least")
        : FailedSignInsPerAddress < 1 ? throw Wrong(nameof(FailedSignInsPerAddress), "1 at least")
        : AttemptWindow <= TimeSpan.Zero ? throw Wrong(nameof(AttemptWindow), "more than nothing")
        : this;

    static InvalidOperationException Wrong(string key, string allowed) => new($"Varve:Identity:{key}: {allowed}.");
}
