using Microsoft.AspNetCore.Server.Kestrel.Core;
using Varve.Api.S3;

namespace Varve.Api.Hosting;

/// <summary>The two ports of one Kestrel: REST with the web page, and S3.</summary>
static class Surfaces
{
    public static void Listen(this KestrelServerOptions kestrel, Settings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null; // each operation bounds its own body
        kestrel.Limits.MaxResponseBufferSize = 512 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        kestrel.Limits.MaxRequestLineSize = 16 * 1024;
        kestrel.Listen(settings.Rest, port => port.Protocols = HttpProtocols.Http1);
        if (settings.Roles.HasFlag(Roles.Api))
            kestrel.ListenS3(settings.S3);
    }

    /// <param name="engine">Asked when the ports open.</param>
    public static void UseS3(this WebApplication web, Func<Engine> engine, Settings settings, ILoggerFactory loggers) =>
        web.UseS3(() =>
            new S3Dispatcher(
                engine().Backend,
                engine().FindAccount,
                new(engine().Accounts.Users.ById, engine().Accounts.Users.ByEmail),
                new S3Options(settings.S3Domain, settings.S3Region)
                {
                    CustomerKeysOverHttp = settings.CustomerKeysOverHttp,
                    SignatureV2 = settings.SignatureV2,
                    Destinations = settings.Destinations,
                },
                TimeProvider.System,
                loggers.CreateLogger<S3Dispatcher>()
            )
        );
}
