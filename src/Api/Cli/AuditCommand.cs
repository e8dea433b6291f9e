using System.CommandLine;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.Hosting;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Projections.Transparency;

namespace Varve.Api.Cli;

/// <summary><c>varve audit</c>: prove that an event is in the log and that the log only grew, and check such proofs.
/// </summary>
static class AuditCommand
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Command Make() =>
        new("audit", "Tamper evidence: signed checkpoints of the log, proofs from them, and their check.")
        {
            Checkpoint(),
            Prove(),
            AuditCheckCommand.Make(),
        };

    static Command Checkpoint()
    {
        var data = CommandLine.DataOption();
        var sign = new Option<bool>("--sign")
        {
            Description = "Take in what the log has by now, and sign. The server must be stopped.",
        };
        var command = new Command(
            "checkpoint",
            "Print the latest signed checkpoint. Keep it where nobody can change it."
        )
        {
            data,
            sign,
        };
        command.SetAction(
            (parsed, cancel) =>
                Run(async () =>
                {
                    var root = parsed.GetValue(data)!;
                    if (parsed.GetValue(sign))
                        await Sign(root, cancel);
                    Console.Out.Write(Prover.Open(new(DataFolder.AuditOf(root))).Checkpoint);
                    return 0;
                })
        );
        return command;
    }

    static Command Prove()
    {
        var position = new Argument<long?>("POSITION")
        {
            Description = "The event's place in the log.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var data = CommandLine.DataOption();
        var since = new Option<FileInfo>("--since")
        {
            Description = "An older checkpoint: prove that the log of today begins with the log of then.",
            HelpName = "CHECKPOINT",
        }.AcceptExistingOnly();
        var @event = new Option<string?>("--event")
        {
            Description = "Write the event itself to this file, for who shall see what the proof is about.",
            HelpName = "FILE",
        };
        var json = new Option<bool>("--json") { Description = "One JSON object with both proofs." };
        var command = new Command(
            "prove",
            """
            Prove that the event at POSITION is in the log (c2sp.org/tlog-proof), or with --since that the log only grew
            (the body of c2sp.org/tlog-witness). Works beside a running server.
            """
        )
        {
            position,
            data,
            since,
            @event,
            json,
        };
        command.Validators.Add(result =>
        {
            var one = result.GetResult(position) is { Tokens.Count: > 0 };
            var growth = result.GetResult(since) is not null;
            if (one == growth && !(one && result.GetResult(json) is not null))
                result.AddError("Give a POSITION or --since; both only with --json.");
            if (result.GetResult(@event) is not null && !one)
                result.AddError("--event needs a POSITION.");
        });
        command.SetAction(
            (parsed, cancel) =>
                Run(async () =>
                {
                    var root = parsed.GetValue(data)!;
                    var prover = Prover.Open(new(DataFolder.AuditOf(root)));
                    var inclusion = parsed.GetValue(position) is { } at ? prover.Inclusion(new(at)) : null;
                    var growth = parsed.GetValue(since) is { } older ? prover.Consistency(older.Text()) : null;
                    if (parsed.GetValue(@event) is { } file)
                        await File.WriteAllTextAsync(
                            file,
                            await EventAt(root, parsed.GetValue(position)!.Value, cancel)
                        );
                    Console.Out.Write(
                        parsed.GetValue(json)
                            ? JsonSerializer.Serialize(new { proof = $"{inclusion}", consistency = $"{growth}" }) + "\n"
                            : $"{inclusion}{growth}"
                    );
                    return 0;
                })
        );
        return command;
    }

    static async Task Sign(string root, CancellationToken cancel)
    {
        var settings = new ConfigurationBuilder().AddEnvironmentVariables().Build();
        var options = AuditOptions.From(settings);
        await using var folder = DataFolder.Claim(root);
        await using var events = EmbeddedEventStore.Open(folder.Root, TimeProvider.System, NullLogger.Instance);
        await options.Keeper(folder, events, NullLoggerFactory.Instance).CatchUp(cancel);
    }

    static async Task<string> EventAt(string root, long position, CancellationToken cancel)
    {
        await using var log = EmbeddedEventLog.Open(root, TimeProvider.System);
        await foreach (var recorded in log.ReadAll(Direction.Forwards, new(position), 1, cancel))
            if (recorded.Position.Value == position)
                return AuditedEvent.Of(recorded).ToJson();
        throw new AuditException($"The log has no event at position {position}.");
    }

    /// <summary>Runs a command; what is not as it should be is said in one line.</summary>
    /// <returns>1 then.</returns>
    public static async Task<int> Run(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (IsFinding(e))
        {
            await Console.Error.WriteLineAsync($"varve: {e.Message}");
            return 1;
        }
    }

    /// <summary>Whether it is what an audit finds, and no fault of the program.</summary>
    public static bool IsFinding(Exception e) =>
        e
            is AuditException
                or LogBrokenException
                or FormatException
                or IOException
                or UnauthorizedAccessException
                or DecoderFallbackException;

    /// <exception cref="DecoderFallbackException">It is not text.</exception>
    public static string Text(this FileInfo file) => Strict.GetString(File.ReadAllBytes(file.FullName));
}
