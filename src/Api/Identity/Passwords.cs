using System.Globalization;
using System.Security.Cryptography;
using Varve.Domain;

namespace Varve.Api.Identity;

/// <summary>
/// Hashes passwords by PBKDF2-HMAC-SHA-512, as <c>pbkdf2-sha512$iterations$salt$hash</c>: a hash says how it was made,
/// so the number of iterations can be raised. Few at a time, so that sign-ins never take all cores. Thread-safe.
/// </summary>
/// <param name="iterations">For new hashes; OWASP asks for 210,000 at least.</param>
/// <seealso href="https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html"/>
sealed class Passwords(int iterations) : IDisposable
{
    const string Scheme = "pbkdf2-sha512";
    const int SaltBytes = 16;
    const int HashBytes = 32;
    const int WaitingMax = 256;

    readonly SemaphoreSlim cores = new(Math.Max(1, Environment.ProcessorCount / 2));
    readonly byte[] nobodysSalt = RandomNumberGenerator.GetBytes(SaltBytes);
    int waiting;

    public void Dispose() => cores.Dispose();

    public async Task<string> Hash(string password, CancellationToken cancel)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var hash = await Derive(password, salt, iterations, cancel);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Scheme}${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}"
        );
    }

    /// <param name="encoded">Null where there is no such user: it takes as long, and the answer is no.</param>
    public async Task<bool> Verify(string password, string? encoded, CancellationToken cancel)
    {
        if (encoded?.Split('$') is not [Scheme, var rounds, var salt, var hash])
        {
            await Derive(password, nobodysSalt, iterations, cancel);
            return false;
        }
        var derived = await Derive(
            password,
            Convert.FromBase64String(salt),
            int.Parse(rounds, CultureInfo.InvariantCulture),
            cancel
        );
        return CryptographicOperations.FixedTimeEquals(derived, Convert.FromBase64String(hash));
    }

    async Task<byte[]> Derive(string password, byte[] salt, int rounds, CancellationToken cancel)
    {
        if (Interlocked.Increment(ref waiting) > WaitingMax)
        {
            Interlocked.Decrement(ref waiting);
            throw new RejectedException(ErrorCode.SlowDown);
        }
        try
        {
            await cores.WaitAsync(cancel);
            try
            {
                return await Task.Run(
                    () => Rfc2898DeriveBytes.Pbkdf2(password, salt, rounds, HashAlgorithmName.SHA512, HashBytes),
                    CancellationToken.None
                );
            }
            finally
            {
                cores.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }
}
