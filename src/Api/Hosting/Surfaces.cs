using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Varve.Api.S3;

namespace Varve.Api.Hosting;

/// <summary>The two ports of one Kestrel: REST with the web page, and S3.</summary>
static class Surfaces
{
    static readonly object S3Connection = new();

    public static void Listen(this KestrelServerOptions kestrel, Settings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = null; // each operation bounds its own body
        kestrel.Limits.MaxResponseBufferSize = 512 * 1024;
        kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        kestrel.Limits.MaxRequestLineSize = 16 * 1024;
        kestrel.Listen(settings.Rest, port => port.Protocols = HttpProtocols.Http1);
        kestrel.Listen(
            settings.S3,
            port =>
            {
                port.Protocols = HttpProtocols.Http1;
                port.Use(next =>
                    connection =>
                    {
                        connection.Items[S3Connection] = S3Connection;
                        return next(connection);
                    }
                );
            }
        );
    }

    /// <summary>What came in by the S3 port goes to the dispatcher and nowhere else: ahead of routing, which would
    /// decode its target.</summary>
    /// <param name="engine">Asked when the first port opens.</param>
    public static void UseS3(this WebApplication web, Func<Engine> engine, Settings settings, ILoggerFactory loggers) =>
        web.Use(next =>
        {
            var dispatcher = new S3Dispatcher(
                engine().Backend,
                engine().FindAccount,
                new S3Options(settings.S3Domain, settings.S3Region),
                TimeProvider.System,
                loggers.CreateLogger<S3Dispatcher>()
            );
            return http => http.IsS3() ? dispatcher.Handle(http) : next(http);
        });

    static bool IsS3(this HttpContext http) =>
        http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(S3Connection) ?? false;
}
