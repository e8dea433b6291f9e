namespace Varve.Api.S3;

/// <summary>Puts S3 in front of the rest of the pipeline.</summary>
public static class S3Surface
{
    /// <param name="isS3">Whether a request came in by the S3 port; all others go on.</param>
    public static void UseS3(this IApplicationBuilder app, S3Dispatcher dispatcher, Func<HttpContext, bool> isS3) =>
        app.Use(next => http => isS3(http) ? dispatcher.Handle(http) : next(http));
}
