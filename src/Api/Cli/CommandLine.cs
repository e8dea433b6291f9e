using System.CommandLine;
using System.Data.Common;
using System.Net.Sockets;
using System.Reflection;
using Microsoft.AspNetCore.Connections;
using Varve.Api.Hosting;
using Varve.Domain;
using Varve.EventStores;
using Command = System.CommandLine.Command;

namespace Varve.Api.Cli;

/// <summary>What <c>varve</c> can be told to do.</summary>
static class CommandLine
{
    /// <returns>0 done, 1 failed, 2 told wrongly, 130 interrupted.</returns>
    public static async Task<int> Run(string[] args)
    {
        var root = new RootCommand("Varve: an object store whose every change is an event.")
        {
            ServeCommand.Make(),
            HistoryCommand.Make(),
            ReplayCommand.Make(),
            ProjectionsCommand.Make(),
            MoveCommands.MakeExport(),
            MoveCommands.MakeImport(),
            AuditCommand.Make(),
            NotificationsCommand.Make(),
            TransfersCommand.Make(),
            ScrubCommand.Make(),
            BucketCommand.Make(),
            SchemaCommand.Make(),
            Version(),
        };
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0 && args.Length > 0)
        {
            await parsed.InvokeAsync();
            return 2;
        }
        try
        {
            return await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false });
        }
        catch (OperationCanceledException)
        {
            return 130; // Ctrl-C, as shells say it
        }
        catch (Exception e) when (e is SettingsException or EventStoreUnavailableException or DbException)
        {
            return await Failed(e.Message);
        }
        catch (RejectedException refused)
        {
            return await Failed(refused.Rejection.Detail ?? refused.Message);
        }
        catch (Exception e) when (e is SocketException or IOException { InnerException: AddressInUseException })
        {
            return await Failed($"{e.Message} Set Varve:Rest:Url (--rest) or Varve:S3:Url (--s3) to another.");
        }
    }

    static async Task<int> Failed(string message)
    {
        await Console.Error.WriteLineAsync($"varve: {message}");
        return 1;
    }

    static Command Version()
    {
        var command = new Command("version", "Print the version.");
        command.SetAction(_ =>
            Console.WriteLine(
                typeof(CommandLine)
                    .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
                    ?.InformationalVersion
            )
        );
        return command;
    }

    /// <summary>The folder of the data, for every command that needs it.</summary>
    public static Option<string> DataOption() =>
        new("--data")
        {
            Description = "Folder that holds everything.",
            HelpName = "DIR",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Varve__Data") ?? "data",
        };

    /// <summary>Who decides, for every command that writes a decision into the log.</summary>
    public static Option<string> ByOption() =>
        new("--by")
        {
            Description = "Who decides it [the user of the system].",
            HelpName = "WHO",
            DefaultValueFactory = _ => Environment.UserName,
        };

    /// <summary>The log's place, for every command that reads it.</summary>
    public static Option<string?> EventsOption() =>
        new("--events")
        {
            Description = "Where the log is instead of the data folder (Varve:EventStore), such as esdb://….",
            HelpName = "URL",
            DefaultValueFactory = _ => Environment.GetEnvironmentVariable("Varve__EventStore"),
        };
}
