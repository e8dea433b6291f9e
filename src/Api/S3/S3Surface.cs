using System.Net;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Varve.Api.S3;

/// <summary>S3's own port, on a Kestrel that may have others.</summary>
public static class S3Surface
{
    static readonly object Mark = new();

    public static void ListenS3(this KestrelServerOptions kestrel, IPEndPoint address) =>
        kestrel.Listen(
            address,
            port =>
            {
                port.Protocols = HttpProtocols.Http1;
                port.Use(next =>
                    connection =>
                    {
                        connection.Items[Mark] = Mark;
                        return next(connection);
                    }
                );
            }
        );

    /// <summary>What came in by the S3 port goes to the dispatcher and nowhere else: ahead of routing, which would
    /// decode its target.</summary>
    /// <param name="make">Called once, when the ports open.</param>
    public static void UseS3(this IApplicationBuilder app, Func<S3Dispatcher> make) =>
        app.Use(next =>
        {
            var dispatcher = make();
            return http => http.IsS3() ? dispatcher.Handle(http) : next(http);
        });

    static bool IsS3(this HttpContext http) =>
        http.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(Mark) ?? false;
}
