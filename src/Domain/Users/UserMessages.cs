using Varve.Domain.Buckets;

namespace Varve.Domain.Users;

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

    public sealed record AccessKeyCreated(string AccessKey, DateTimeOffset At) : UserEvent;

    public sealed record AccessKeyRevoked(string AccessKey, DateTimeOffset At) : UserEvent;
}
