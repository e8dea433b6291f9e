using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary>A change of the request's bucket's configuration.</summary>
static class BucketChange
{
    /// <param name="change">Made from the time of the change.</param>
    public static async Task Run(
        S3Request request,
        Func<DateTimeOffset, BucketConfigurationEvent> change,
        Backend varve,
        CancellationToken cancel
    )
    {
        var context = varve.Context(request.Caller.UserName);
        var command = new BucketCommand.Configure(context, BucketName.Parse(request.Bucket), change(context.At));
        request.Acknowledge(await varve.Run(command, cancel));
    }

    /// <summary>A change that takes something away, answered by 204.</summary>
    public static Task Delete(
        S3Request request,
        Func<DateTimeOffset, BucketConfigurationEvent> change,
        Backend varve,
        CancellationToken cancel
    )
    {
        request.Response.StatusCode = StatusCodes.Status204NoContent;
        return Run(request, change, varve, cancel);
    }
}
