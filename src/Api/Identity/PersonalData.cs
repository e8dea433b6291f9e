using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Varve.Domain.Users;

namespace Varve.Api.Identity;

/// <summary>How to reach a user.</summary>
/// <param name="Phone">11 digits.</param>
sealed record Contact(string? Email, string? Phone);

/// <summary>
/// Encrypts what the log holds about a person, by AES-256-GCM under a key of the user's own, which is in
/// <c>identity.db</c>, encrypted under <c>secret.key</c>. The log can't forget; a key can be destroyed. Thread-safe.
/// </summary>
sealed class PersonalData(IdentityDatabase database, SecretBox box)
{
    /// <summary>Encrypts under a new key, which takes the place of the one before.</summary>
    public async ValueTask<SealedData> Seal(string userName, Contact contact)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var key = RandomNumberGenerator.GetBytes(SecretBox.KeyBytes);
        await database.Execute(
            """
            REPLACE INTO tbl_personal_key (user_name, key_id, sealed_key) VALUES (@user, @id, @key)
            """,
            ("@user", userName),
            ("@id", id),
            ("@key", box.Close(Convert.ToHexStringLower(key), OwnerOf(userName, id)))
        );
        var text = JsonSerializer.Serialize(contact, PersonalJson.Default.Contact);
        return new(id, Convert.ToBase64String(new SecretBox(key).Close(text, OwnerOf(userName, id))));
    }

    /// <summary>Null where the key is gone: the data is nobody's any more.</summary>
    public async ValueTask<Contact?> Open(string userName, SealedData data)
    {
        var key = await database.Find(
            "SELECT sealed_key FROM tbl_personal_key WHERE user_name = @user AND key_id = @id",
            row => box.Open((byte[])row.GetValue(0), OwnerOf(userName, data.Key)),
            ("@user", userName),
            ("@id", data.Key)
        );
        if (key is null)
            return null;
        var own = new SecretBox(Convert.FromHexString(key));
        var text = own.Open(Convert.FromBase64String(data.Box), OwnerOf(userName, data.Key));
        return JsonSerializer.Deserialize(text, PersonalJson.Default.Contact);
    }

    static string OwnerOf(string userName, string id) => $"{userName}/{id}";
}

[JsonSerializable(typeof(Contact))]
sealed partial class PersonalJson : JsonSerializerContext;
