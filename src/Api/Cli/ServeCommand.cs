using System.CommandLine;
using Varve.Api.Hosting;

namespace Varve.Api.Cli;

/// <summary><c>varve serve</c>.</summary>
static class ServeCommand
{
    public static Command Make()
    {
        var data = new Option<string?>("--data")
        {
            Description = "Folder that holds everything [./data].",
            HelpName = "DIR",
        };
        var rest = new Option<string?>("--rest")
        {
            Description = "Where REST and the web page listen [http://127.0.0.1:8080].",
            HelpName = "URL",
        };
        var s3 = new Option<string?>("--s3")
        {
            Description = "Where S3 listens [http://127.0.0.1:9000].",
            HelpName = "URL",
        };
        var domain = new Option<string?>("--s3-domain")
        {
            Description = "Domain whose subdomains are buckets (virtual-hosted requests).",
            HelpName = "NAME",
        };
        var events = new Option<string?>("--events")
        {
            Description = "Where the log is served by EventStoreDB's protocol, such as http://127.0.0.1:2113 [not].",
            HelpName = "URL",
        };
        var insecure = new Option<bool>("--events-insecure")
        {
            Description = "Let anybody on this machine read and write the log there: for tests and development.",
        };
        var roles = new Option<string?>("--roles")
        {
            Description = "What this process does: api,projector,worker, or events alone [all].",
            HelpName = "LIST",
        };
        var log = new Option<string>("--log")
        {
            Description = "How the log is written: text for people, json for machines.",
            DefaultValueFactory = _ => "text",
        };
        log.AcceptOnlyFromAmong("text", "json");

        var command = new Command(
            "serve",
            """
            Run the server: REST and the web page on one port, S3 on another.

            The root account comes from VARVE_ROOT_USER and VARVE_ROOT_PASSWORD; where they are unset, it is made once,
            printed once, and kept in the data folder. Settings come from appsettings.json, from the environment
            (Varve__Section__Key) and from these flags, the last one winning.
            """
        )
        {
            data,
            rest,
            s3,
            domain,
            events,
            insecure,
            roles,
            log,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var flags = new Dictionary<string, string?>
                {
                    ["Varve:Data"] = parsed.GetValue(data),
                    ["Varve:Rest:Url"] = parsed.GetValue(rest),
                    ["Varve:S3:Url"] = parsed.GetValue(s3),
                    ["Varve:S3:Domain"] = parsed.GetValue(domain),
                    ["Varve:Events:Url"] = parsed.GetValue(events),
                    ["Varve:Events:Insecure"] = parsed.GetValue(insecure) ? "true" : null,
                    ["Varve:Roles"] = parsed.GetValue(roles),
                };
                var given = flags.Where(flag => flag.Value is not null);
                var json = parsed.GetValue(log) == "json";
                var does = parsed.GetValue(roles) ?? Environment.GetEnvironmentVariable("Varve__Roles");
                if (RolesSetting.Parse(does) == Roles.Events)
                {
                    await using var alone = await LogServer.Start(given, json, cancel);
                    await alone.UntilStopped();
                    return 0;
                }
                await using var server = await Server.Start(given, json, cancel);
                await server.UntilStopped();
                return 0;
            }
        );
        return command;
    }
}
