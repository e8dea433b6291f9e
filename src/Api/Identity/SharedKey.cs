using System.Security.Cryptography;
using Varve.Api.Hosting;

namespace Varve.Api.Identity;

/// <summary>Processes that share accounts must share the key by which secrets are encrypted.</summary>
static class SharedKey
{
    const string Known = "varve";

    /// <exception cref="SettingsException">The key is another one than the first process had.</exception>
    public static async Task Check(IdentityDatabase database, SecretBox box)
    {
        await database.Execute(
            """
            INSERT INTO tbl_identity_key (name, sealed)
            SELECT @name, @sealed WHERE NOT EXISTS (SELECT 1 FROM tbl_identity_key WHERE name = @name)
            """,
            ("@name", Known),
            ("@sealed", box.Close(Known, Known))
        );
        var first = await database.List("SELECT sealed FROM tbl_identity_key", row => (byte[])row.GetValue(0));
        try
        {
            box.Open(first[0], Known);
        }
        catch (CryptographicException)
        {
            throw new SettingsException(
                "Identity:Key",
                "the accounts in MySQL were made with another key: set the one that the other processes have."
            );
        }
    }
}
