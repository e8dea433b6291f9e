using Varve.Api.Hosting;
using Varve.Api.Identity;

namespace Varve.Api.Rest;

/// <summary>Section <c>Varve:InstantUpload</c>.</summary>
public sealed record InstantUploadOptions
{
    /// <summary><c>none</c> gives any content to whoever names its hash: only for closed, trusted groups.</summary>
    public string Proof { get; init; } = "required";

    /// <summary>How long a client may take to compute a proof.</summary>
    public TimeSpan NonceLifetime { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Unproved attempts of one user; more are answered 429.</summary>
    public int AttemptsPerMinute { get; init; } = 60;

    /// <exception cref="SettingsException">A value is not allowed; the message names its key.</exception>
    public static InstantUploadOptions From(IConfiguration configuration)
    {
        var options = SettingsSection.Read(configuration, "InstantUpload", new InstantUploadOptions());
        return options.Proof is not ("required" or "none") ? throw Wrong(nameof(Proof), "required or none")
            : options.NonceLifetime <= TimeSpan.Zero ? throw Wrong(nameof(NonceLifetime), "more than 00:00:00")
            : options.AttemptsPerMinute < 1 ? throw Wrong(nameof(AttemptsPerMinute), "1 at least")
            : options;
    }

    static SettingsException Wrong(string key, string allowed) => new($"InstantUpload:{key}", allowed);
}
