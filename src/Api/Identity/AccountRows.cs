using Varve.Domain.Buckets;

namespace Varve.Api.Identity;

/// <summary>Who is asking by REST, once that is proved.</summary>
/// <param name="Home">The bucket that holds the user's files.</param>
public sealed record SignedIn(Caller Caller, BucketName Home)
{
    public string UserName => Caller.UserName;
}

/// <param name="Phone">11 digits, or null.</param>
public sealed record SignUp(string UserName, string Password, string? Email, string? Phone);

/// <param name="Password">Of who asks: a token alone is not enough.</param>
/// <param name="KeepFiles">False: the home bucket must be empty.</param>
public sealed record Erase(string UserName, string Password, bool KeepFiles);

/// <param name="SignupAt">UTC, <c>yyyy-MM-dd HH:mm:ss</c>.</param>
public sealed record AccountRow(string UserName, string? Email, string? Phone, string SignupAt, string LastActive);
