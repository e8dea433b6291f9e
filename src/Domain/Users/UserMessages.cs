using Varve.Domain.Buckets;

namespace Varve.Domain.Users;

/// <summary>What is about a person, encrypted under the person's own key, which is not in the log.</summary>
/// <param name="Key">Its id. Once the key is destroyed, so is the data, in every copy of the log.</param>
/// <param name="Box">Base64.</param>
public sealed record SealedData(string Key, string Box);

/// <summary>No secret is in a command or an event: password hashes and secret keys live in the identity
/// tables.</summary>
public abstract record UserCommand(CommandContext Context, string UserName) : Command(Context)
{
    public sealed override string Stream => User.StreamOf(UserName);

    public override IEnumerable<Step> Steps() => [Step.On(User.Decider, Stream, this)];

    /// <summary>Makes the user and the home bucket.</summary>
    public sealed record SignUp(CommandContext Context, string UserName, BucketName HomeBucket)
        : UserCommand(Context, UserName)
    {
        public override IEnumerable<Step> Steps()
        {
            yield return Step.On<User, UserCommand, UserEvent>(User.Decider, Stream, this);
            var create = new BucketCommand.Create(Context, HomeBucket, UserName);
            yield return Step.On<Bucket, BucketCommand, BucketEvent>(Bucket.Decider, create.Stream, create);
        }
    }

    public sealed record SetContact(CommandContext Context, string UserName, SealedData Contact)
        : UserCommand(Context, UserName);

    /// <summary>Ends the account. Its name is never given again, for its files and its history are under it.</summary>
    public sealed record Erase(CommandContext Context, string UserName) : UserCommand(Context, UserName);

    /// <summary>Gives the right to read the whole log, or takes it.</summary>
    public sealed record SetAuditor(CommandContext Context, string UserName, bool Auditor)
        : UserCommand(Context, UserName);

    public sealed record CreateAccessKey(CommandContext Context, string UserName, string AccessKey)
        : UserCommand(Context, UserName);

    public sealed record RevokeAccessKey(CommandContext Context, string UserName, string AccessKey)
        : UserCommand(Context, UserName);
}

/// <summary>Stored for ever. A field's meaning never changes; see <see cref="EventCatalog"/> for names.</summary>
public abstract record UserEvent
{
    UserEvent() { }

    public sealed record SignedUp(string HomeBucket, DateTimeOffset At) : UserEvent;

    /// <param name="Contact">Email address and phone number.</param>
    public sealed record ContactSet(SealedData Contact, DateTimeOffset At) : UserEvent;

    /// <summary>The user's keys have been destroyed: what the log has of the person can't be read any more.</summary>
    public sealed record Erased(DateTimeOffset At) : UserEvent;

    /// <summary>The user may read the whole log.</summary>
    public sealed record AuditorRightGranted(DateTimeOffset At) : UserEvent;

    public sealed record AuditorRightRevoked(DateTimeOffset At) : UserEvent;

    public sealed record AccessKeyCreated(string AccessKey, DateTimeOffset At) : UserEvent;

    public sealed record AccessKeyRevoked(string AccessKey, DateTimeOffset At) : UserEvent;
}
