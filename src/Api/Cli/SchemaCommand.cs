using System.CommandLine;
using Varve.Api.Hosting;
using Varve.Projections.Databases;

namespace Varve.Api.Cli;

/// <summary><c>varve schema</c>: the tables in MySQL, as SQL.</summary>
static class SchemaCommand
{
    public static Command Make()
    {
        var shards = new Option<int>("--shards")
        {
            Description = "Tables that tbl_file is cut into: 1, 16 or 256.",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        var mysql = new Option<bool>("--mysql") { Description = "For MySQL 8, and not for MariaDB." };
        var command = new Command(
            "schema",
            """
            Print the tables that Varve makes in MySQL by itself: those that can be rebuilt from the log, and those that
            can't (accounts, leases).
            """
        )
        {
            shards,
            mysql,
        };
        command.SetAction(parsed =>
        {
            var count = parsed.GetValue(shards);
            if (!FileShards.Counts.Contains(count))
                throw new SettingsException($"--shards: {count} is none of 1, 16, 256.");
            Console.WriteLine("-- Rebuilt from the log.\n");
            Console.WriteLine(MySqlSchema.Script(count, mariaDb: !parsed.GetValue(mysql)));
            Console.WriteLine("-- Not in the log: to be backed up.\n");
            Console.WriteLine(MySqlMigrations.Script);
        });
        return command;
    }
}
