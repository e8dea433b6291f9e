using Varve.Api.Identity;
using Varve.Domain;
using Varve.Domain.Users;

namespace Varve.Api.Rest;

/// <summary>Accounts, sign-ins and S3 access keys.</summary>
static class UserEndpoints
{
    public static async Task<IResult> SignUp(RestRequest request, CancellationToken cancel)
    {
        var asked = new SignUp(
            request.Get("username"),
            request.Get("password"),
            request.Find("email"),
            request.Find("phone")
        );
        var context = request.Varve.Context(asked.UserName);
        var address = request.Http.Connection.RemoteIpAddress;
        if (await request.Accounts.SignUp(context, asked, address, cancel) is { } outcome)
            request.Tell(outcome);
        return Answer.Ok();
    }

    public static async Task<IResult> SignIn(RestRequest request, CancellationToken cancel)
    {
        var http = request.Http;
        var (token, user) = await request.Accounts.SignIn(
            request.Get("username"),
            request.Get("password"),
            http.Connection.RemoteIpAddress,
            cancel
        );
        http.Response.Headers.CacheControl = "no-store";
        return Answer.Ok(
            new SignInData(user.UserName, token, $"{http.Request.Scheme}://{http.Request.Host}/"),
            RestJson.Readable.EnvelopeSignInData
        );
    }

    public static async Task<IResult> SignOut(RestRequest request, CancellationToken cancel)
    {
        await request.Accounts.SignOut(request.Token);
        return Answer.Ok();
    }

    public static async Task<IResult> Info(RestRequest request, CancellationToken cancel)
    {
        var row = await request.Accounts.Find(request.User.UserName, cancel);
        var info = new UserInfo(
            request.User.UserName,
            row?.Email,
            row?.Phone,
            row?.SignupAt,
            row?.LastActive,
            request.User.Home.Text,
            request.User.Caller.Root
        );
        return Answer.Ok(info, RestJson.Readable.EnvelopeUserInfo);
    }

    public static async Task<IResult> Erase(RestRequest request, CancellationToken cancel)
    {
        var keepFiles = request.Find("files") switch
        {
            null => false,
            "keep" => true,
            _ => throw RestRequest.Wrong("files", "keep, or nothing."),
        };
        var outcome = await request.Accounts.Erase(
            request.Varve.Context(request.User.UserName),
            new(request.Find("name") ?? request.User.UserName, request.Get("password"), keepFiles),
            request.Http.Connection.RemoteIpAddress,
            cancel
        );
        request.Tell(outcome);
        return Answer.Ok();
    }

    public static async Task<IResult> SetAuditor(RestRequest request, CancellationToken cancel)
    {
        if (!request.User.Caller.Root)
            throw new RejectedException(ErrorCode.AccessDenied, "Only root makes auditors.");
        if (!bool.TryParse(request.Get("auditor"), out var auditor))
            throw RestRequest.Wrong("auditor", "true or false.");
        request.Tell(
            await request.Run(new UserCommand.SetAuditor(request.Context(), request.Get("name"), auditor), cancel)
        );
        return Answer.Ok();
    }

    public static async Task<IResult> ListKeys(RestRequest request, CancellationToken cancel)
    {
        IReadOnlyList<KeyInfo> keys =
        [
            .. (await request.Accounts.ListKeys(request.User.UserName)).Select(key => new KeyInfo(
                key.AccessKey,
                Wire.Time(key.CreatedAt)
            )),
        ];
        return Answer.Ok(keys, RestJson.Readable.EnvelopeIReadOnlyListKeyInfo);
    }

    public static async Task<IResult> CreateKey(RestRequest request, CancellationToken cancel)
    {
        // Shown once: an answer that is lost is a key to be revoked, so an idempotency key would be no help.
        var context = request.Varve.Context(request.User.UserName);
        var (key, outcome) = await request.Accounts.CreateKey(context, cancel);
        request.Tell(outcome);
        request.Http.Response.Headers.CacheControl = "no-store";
        return Answer.Ok(key, RestJson.Readable.EnvelopeNewAccessKey);
    }

    public static async Task<IResult> RevokeKey(RestRequest request, CancellationToken cancel)
    {
        var (context, key) = (request.Context(), request.Get("accesskey"));
        if (await request.FindEarlier<UserCommand.RevokeAccessKey>(context, cancel) is { } earlier)
        {
            var stream = User.StreamOf(request.User.UserName);
            var revoked = await request.LeftBy<UserEvent.AccessKeyRevoked>(earlier, stream, back: 0, cancel);
            return revoked?.AccessKey == key ? Answer.Ok() : throw RestRequest.KeyReused();
        }
        request.Tell(await request.Accounts.RevokeKey(context, key, cancel));
        return Answer.Ok();
    }
}
