using Varve.Domain.Users;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class UserTests
{
    static readonly UserEvent AnaSignedUp = new UserEvent.SignedUp("photos", Noon);
    static readonly UserEvent KeyCreated = new UserEvent.AccessKeyCreated("VK1", Noon);

    [Fact]
    public void A_user_signs_up() =>
        User.Decider.Given().When(new UserCommand.SignUp(Context, "ana", Photos)).ThenEvents(AnaSignedUp);

    [Fact]
    public void A_taken_name_is_refused() =>
        User
            .Decider.Given(AnaSignedUp)
            .When(new UserCommand.SignUp(Context, "ana", Photos))
            .ThenRefused(ErrorCode.UserAlreadyExists);

    [Fact]
    public void A_key_is_created_once()
    {
        var create = new UserCommand.CreateAccessKey(Context, "ana", "VK1");
        User.Decider.Given().When(create).ThenRefused(ErrorCode.NoSuchUser);
        User.Decider.Given(AnaSignedUp).When(create).ThenEvents(KeyCreated);
        User.Decider.Given(AnaSignedUp, KeyCreated).When(create).ThenNothing();
    }

    [Fact]
    public void A_key_is_revoked_once()
    {
        var revoke = new UserCommand.RevokeAccessKey(Context, "ana", "VK1");
        var revoked = new UserEvent.AccessKeyRevoked("VK1", Noon);
        User.Decider.Given(AnaSignedUp, KeyCreated).When(revoke).ThenEvents(revoked);
        User.Decider.Given(AnaSignedUp, KeyCreated, revoked).When(revoke).ThenRefused(ErrorCode.NoSuchAccessKey);
    }

    [Fact]
    public void An_erased_user_is_no_user_and_the_name_stays_taken()
    {
        var erase = new UserCommand.Erase(Context, "ana");
        var erased = new UserEvent.Erased(Noon);
        User.Decider.Given().When(erase).ThenRefused(ErrorCode.NoSuchUser);
        User.Decider.Given(AnaSignedUp, KeyCreated).When(erase).ThenEvents(erased);
        User.Decider.Given(AnaSignedUp, erased).When(erase).ThenNothing();
        User.Decider.Given(AnaSignedUp, erased)
            .When(new UserCommand.SignUp(Context, "ana", Photos))
            .ThenRefused(ErrorCode.UserAlreadyExists);
        User.Decider.Given(AnaSignedUp, erased)
            .When(new UserCommand.CreateAccessKey(Context, "ana", "VK2"))
            .ThenRefused(ErrorCode.NoSuchUser);
    }

    [Fact]
    public void A_user_holds_so_many_keys_at_most()
    {
        var keys = Enumerable
            .Range(0, User.AccessKeysMax)
            .Select(n => (UserEvent)new UserEvent.AccessKeyCreated($"VK{n}", Noon));
        User.Decider.Given([AnaSignedUp, .. keys])
            .When(new UserCommand.CreateAccessKey(Context, "ana", "one more"))
            .ThenRefused(ErrorCode.InvalidRequest);
    }

    [Fact]
    public void The_right_to_audit_is_granted_once_and_taken_once()
    {
        var grant = new UserCommand.SetAuditor(Context, "ana", Auditor: true);
        var revoke = grant with { Auditor = false };
        var (granted, revoked) = (new UserEvent.AuditorRightGranted(Noon), new UserEvent.AuditorRightRevoked(Noon));
        User.Decider.Given(AnaSignedUp).When(grant).ThenEvents(granted);
        User.Decider.Given(AnaSignedUp, granted).When(grant).ThenNothing();
        User.Decider.Given(AnaSignedUp, granted).When(revoke).ThenEvents(revoked);
        User.Decider.Given(AnaSignedUp, granted, revoked).When(revoke).ThenNothing();
        User.Decider.Given(AnaSignedUp, granted, new UserEvent.Erased(Noon))
            .When(grant)
            .ThenRefused(ErrorCode.NoSuchUser);
        User.Decider.Given().When(grant).ThenRefused(ErrorCode.NoSuchUser);
    }
}
