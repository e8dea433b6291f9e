using System.Security.Cryptography;
using System.Text;
using Varve.Api.Hosting;

namespace Varve.Api.Identity;

/// <summary>
/// Who may do everything. Name and password are the S3 access key and secret key as well.
/// </summary>
/// <param name="Generated">True if the password was made up just now: the host prints it, this once.</param>
public sealed record RootAccount(string User, string Password, bool Generated)
{
    const string FileName = "root.account";
    const string DefaultUser = "root";

    /// <summary>From the two settings; what is unset is generated once and kept in the data folder.</summary>
    /// <param name="user"><c>VARVE_ROOT_USER</c>; null or empty if unset.</param>
    /// <param name="password"><c>VARVE_ROOT_PASSWORD</c>; null or empty if unset.</param>
    /// <exception cref="SettingsException">A setting is not allowed; the message names it.</exception>
    public static RootAccount Load(string dataFolder, string? user, string? password)
    {
        if (string.IsNullOrEmpty(user))
            user = DefaultUser;
        if (user.Length is < 3 or > 64 || user.Any(c => c is <= ' ' or >= '\x7f' or '/' or ':'))
            throw new SettingsException("VARVE_ROOT_USER: 3 to 64 visible ASCII characters, without '/' and ':'.");
        if (!string.IsNullOrEmpty(password))
            return password.Length is >= 8 and <= 1024
                ? new RootAccount(user, password, Generated: false)
                : throw new SettingsException("VARVE_ROOT_PASSWORD: 8 to 1,024 characters.");

        var path = Path.Combine(dataFolder, FileName);
        if (File.Exists(path))
            return new RootAccount(user, File.ReadAllText(path).Trim(), Generated: false);
        Directory.CreateDirectory(dataFolder);
        password = RandomNumberGenerator.GetString(AccessKeys.Alphanumeric, 40);
        PrivateFile.Write(path, Encoding.ASCII.GetBytes(password + "\n"));
        return new RootAccount(user, password, Generated: true);
    }

    /// <summary>Shows a password that was made up just now, this once.</summary>
    public void Announce()
    {
        if (Generated)
            Console.WriteLine(
                $"""
                The root account was made, and is shown this once (user and password are the S3 keys as well):
                  user      {User}
                  password  {Password}
                """
            );
    }

    /// <summary>A record's text has all its fields; this one must not have the password.</summary>
    public override string ToString() => $"{nameof(RootAccount)} {User}";

    /// <summary>In constant time.</summary>
    internal bool Is(string user, string password) =>
        user == User
        && CryptographicOperations.FixedTimeEquals(
            SHA256.HashData(Encoding.UTF8.GetBytes(password)),
            SHA256.HashData(Encoding.UTF8.GetBytes(Password))
        );
}
