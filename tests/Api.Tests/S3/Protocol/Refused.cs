using Varve.Domain;

namespace Varve.Api.Tests.S3.Protocol;

/// <summary>Asserts that something is refused, and with which code.</summary>
static class Refused
{
    public static Rejection With(ErrorCode code, Action act)
    {
        var refused = Assert.Throws<RejectedException>(act);
        Assert.Equal(code, refused.Rejection.Code);
        return refused.Rejection;
    }

    public static async Task<Rejection> With(ErrorCode code, Func<Task> act)
    {
        var refused = await Assert.ThrowsAsync<RejectedException>(act);
        Assert.Equal(code, refused.Rejection.Code);
        return refused.Rejection;
    }

    /// <summary>For hostile input: an answer or a refusal, and nothing else.</summary>
    public static bool OrAnswered(Action act)
    {
        try
        {
            act();
        }
        catch (RejectedException) { }
        return true;
    }
}
