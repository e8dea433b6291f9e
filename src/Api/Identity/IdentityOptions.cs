using Varve.Api.Hosting;

namespace Varve.Api.Identity;

/// <summary>Section <c>Varve:Identity</c>.</summary>
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

    /// <summary>Sign-ups from one address within <see cref="AttemptWindow"/>.</summary>
    public int SignUpsPerAddress { get; init; } = 30;

    /// <summary>32 bytes in base64, by which S3 secret keys and personal data are encrypted. Needed where processes
    /// share accounts; else null stands for the file <c>secret.key</c>.</summary>
    public string? Key { get; init; }

    public TimeSpan AttemptWindow { get; init; } = TimeSpan.FromMinutes(5);

    /// <exception cref="SettingsException">A value is not allowed; the message names its key.</exception>
    public static IdentityOptions From(IConfiguration configuration)
    {
        var options = SettingsSection.Read(configuration, "Identity", new IdentityOptions());
        return options.SessionLifetime < TimeSpan.FromMinutes(1)
                ? throw Wrong(nameof(SessionLifetime), "00:01:00 at least")
            : options.PasswordIterations is < 210_000 or > 100_000_000
                ? throw Wrong(nameof(PasswordIterations), "210000 to 100000000")
            : options.FailedSignInsPerUser < 1 ? throw Wrong(nameof(FailedSignInsPerUser), "1 at least")
            : options.FailedSignInsPerAddress < 1 ? throw Wrong(nameof(FailedSignInsPerAddress), "1 at least")
            : options.SignUpsPerAddress < 1 ? throw Wrong(nameof(SignUpsPerAddress), "1 at least")
            : options.AttemptWindow <= TimeSpan.Zero ? throw Wrong(nameof(AttemptWindow), "more than 00:00:00")
            : options;
    }

    static SettingsException Wrong(string key, string allowed) => new($"Identity:{key}", allowed);
}
