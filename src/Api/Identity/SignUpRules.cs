using System.Net.Mail;
using System.Text;
using Varve.Domain;
using Varve.Domain.Buckets;

namespace Varve.Api.Identity;

/// <summary>What a name, a password, an email address and a phone number may be.</summary>
static class SignUpRules
{
    public const int PasswordBytesMax = 1024;
    const int PasswordBytesLeast = 6;
    const int EmailMax = 255;

    /// <summary>char(11) in the documented table: a mobile number of mainland China.</summary>
    const int PhoneDigits = 11;

    /// <returns>The home bucket, which has the user's name.</returns>
    public static BucketName Check(SignUp request)
    {
        var home =
            BucketName.TryParse(request.UserName)
            ?? throw Wrong("username: 3 to 63 of a-z, 0-9, '.' and '-', a letter or digit at both ends, no '..'.");
        if (Encoding.UTF8.GetByteCount(request.Password) is < PasswordBytesLeast or > PasswordBytesMax)
            throw Wrong($"password: {PasswordBytesLeast} to {PasswordBytesMax} bytes.");
        if (request.Email is { } email && (email.Length > EmailMax || !IsAddress(email)))
            throw Wrong($"email: an address such as name@example.com, at most {EmailMax} characters.");
        if (request.Phone is { } phone && (phone.Length != PhoneDigits || !phone.All(char.IsAsciiDigit)))
            throw Wrong($"phone: {PhoneDigits} digits.");
        return home;
    }

    static bool IsAddress(string email) => MailAddress.TryCreate(email, out var parsed) && parsed.Address == email;

    static RejectedException Wrong(string detail) => new(ErrorCode.InvalidArgument, detail);
}
