using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Varve.EventStores;

namespace Varve.Api.Hosting;

/// <summary>Metrics for Prometheus at <c>/metrics</c>; traces by OTLP where <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> says.
/// </summary>
static class Telemetry
{
    /// <summary>Text for people, or one JSON object a line for machines.</summary>
    public static ILoggingBuilder AddVarveConsole(this ILoggingBuilder logging, bool json)
    {
        logging
            .ClearProviders()
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("System", LogLevel.Warning)
            .AddFilter("Grpc", LogLevel.Warning)
            // What keeps the server from starting is thrown as well, and said in one line by the command.
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        return json
            ? logging.AddJsonConsole(console => console.UseUtcTimestamp = true)
            : logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            });
    }

    public static void AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var telemetry = services
            .AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("varve"))
            .WithMetrics(metrics =>
                metrics
                    .AddMeter("Varve.*", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                    .AddPrometheusExporter()
            );
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 })
            telemetry.WithTracing(traces =>
                traces.AddSource(Traces.Source.Name).AddAspNetCoreInstrumentation().AddOtlpExporter()
            );
    }
}
