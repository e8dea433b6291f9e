using System.Collections.Immutable;
using System.Diagnostics;

namespace Varve.Domain.Users;

/// <param name="HomeBucket">Null where there is no such user.</param>
/// <param name="AccessKeys">Those that are not revoked.</param>
/// <param name="Contact">Null where none was given.</param>
/// <param name="Erased">The name is taken for ever, and nobody's.</param>
/// <param name="Auditor">May read the whole log.</param>
public sealed record User(
    string? HomeBucket,
    ImmutableHashSet<string> AccessKeys,
    SealedData? Contact = null,
    bool Erased = false,
    bool Auditor = false
)
{
    /// <summary>S3 access keys that one user may hold at once.</summary>
    public const int AccessKeysMax = 100;

    public static readonly Decider<User, UserCommand, UserEvent> Decider = new(
        new User(null, []),
        Decide,
        Evolve,
        Fold.WholeStream
    );

    public static string StreamOf(string userName) => $"user-{userName}";

    static Decision<UserEvent> Decide(User user, UserCommand command) =>
        command switch
        {
            UserCommand.SignUp when user.HomeBucket is not null => ErrorCode.UserAlreadyExists,
            UserCommand.SignUp c => new UserEvent.SignedUp(c.HomeBucket.Text, c.Context.At),
            UserCommand.Erase when user.Erased => new NoChange(),
            _ when user.HomeBucket is null || user.Erased => new Rejection(ErrorCode.NoSuchUser, command.UserName),

            UserCommand.SetContact c => new UserEvent.ContactSet(c.Contact, c.Context.At),
            UserCommand.Erase c => new UserEvent.Erased(c.Context.At),

            UserCommand.SetAuditor c when user.Auditor == c.Auditor => new NoChange(),
            UserCommand.SetAuditor { Auditor: true } c => new UserEvent.AuditorRightGranted(c.Context.At),
            UserCommand.SetAuditor c => new UserEvent.AuditorRightRevoked(c.Context.At),

            UserCommand.CreateAccessKey c when user.AccessKeys.Contains(c.AccessKey) => new NoChange(),
            UserCommand.CreateAccessKey when user.AccessKeys.Count >= AccessKeysMax => new Rejection(
                ErrorCode.InvalidRequest,
                $"At most {AccessKeysMax} access keys: revoke one first."
            ),
            UserCommand.CreateAccessKey c => new UserEvent.AccessKeyCreated(c.AccessKey, c.Context.At),

            UserCommand.RevokeAccessKey c when user.AccessKeys.Contains(c.AccessKey) => new UserEvent.AccessKeyRevoked(
                c.AccessKey,
                c.Context.At
            ),
            UserCommand.RevokeAccessKey => ErrorCode.NoSuchAccessKey,
            _ => throw new UnreachableException(),
        };

    static User Evolve(User user, UserEvent @event) =>
        @event switch
        {
            UserEvent.SignedUp e => user with { HomeBucket = e.HomeBucket },
            UserEvent.ContactSet e => user with { Contact = e.Contact },
            UserEvent.Erased => user with { AccessKeys = [], Contact = null, Erased = true, Auditor = false },
            UserEvent.AuditorRightGranted => user with { Auditor = true },
            UserEvent.AuditorRightRevoked => user with { Auditor = false },
            UserEvent.AccessKeyCreated e => user with { AccessKeys = user.AccessKeys.Add(e.AccessKey) },
            UserEvent.AccessKeyRevoked e => user with { AccessKeys = user.AccessKeys.Remove(e.AccessKey) },
            _ => throw new UnreachableException(),
        };
}
