using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Varve.Api.Hosting;
using Varve.EventStores.Embedded;
using Varve.Projections.Transparency;

namespace Varve.Api.Cli;

/// <summary><c>varve audit check</c>: of a proof, with nothing but the proof and the log's public key; or of a whole
/// log.</summary>
static class AuditCheckCommand
{
    public static Command Make()
    {
        var proof = File("--proof", "What 'varve audit prove' wrote: of an event, or with --since of growth.");
        var checkpoint = File("--checkpoint", "A checkpoint: check its signature, and that a proof is for this one.");
        var since = File("--since", "An older checkpoint: the log must begin with what it was signed over.");
        var @event = File("--event", "The event: check that the proof is about this one.");
        var key = new Option<string?>("--key")
        {
            Description = "The log's public key (name+id+base64), or a file that holds it.",
            HelpName = "VKEY",
        };
        var data = new Option<string?>("--data")
        {
            Description = "Walk the log in this folder, and name the first event that is not what was signed.",
            HelpName = "DIR",
        };
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var command = new Command(
            "check",
            """
            Check a proof or a checkpoint, offline, by the log's public key; or with --data the whole log against its
            tree and its latest checkpoint, also beside a running server.

            Exit status: 0 all is as it was signed, 1 it is not, 2 told wrongly.
            """
        )
        {
            proof,
            checkpoint,
            since,
            @event,
            key,
            data,
            json,
        };
        command.Validators.Add(result =>
        {
            bool Given(Option option) => result.GetResult(option) is not null;
            if (Given(data) == (Given(proof) || Given(checkpoint)))
                result.AddError("Give --data, or else --proof or --checkpoint.");
            if (!Given(data) && !Given(key))
                result.AddError("--key is needed: a proof is worth what its key is.");
            if (Given(since) && !Given(data) && !Given(proof))
                result.AddError("--since needs --proof or --data.");
            if (Given(@event) && !Given(proof))
                result.AddError("--event needs --proof.");
        });
        command.SetAction(
            async (parsed, cancel) =>
            {
                var finding = await Find(() =>
                    parsed.GetValue(data) is { } root
                        ? Log(root, parsed.GetValue(key), parsed.GetValue(since)?.Text(), cancel)
                        : Task.FromResult(
                            Judge(
                                Key(parsed.GetValue(key)!),
                                parsed.GetValue(proof)?.Text(),
                                parsed.GetValue(checkpoint)?.Text(),
                                parsed.GetValue(since)?.Text(),
                                parsed.GetValue(@event)?.Text()
                            )
                        )
                );
                Console.WriteLine(
                    parsed.GetValue(json) ? JsonSerializer.Serialize(finding, JsonSerializerOptions.Web) : finding.Text
                );
                return finding.Ok ? 0 : 1;
            }
        );
        return command;
    }

    static Option<FileInfo> File(string name, string description) =>
        new Option<FileInfo>(name) { Description = description, HelpName = "FILE" }.AcceptExistingOnly();

    /// <summary>What cannot be read proves nothing.</summary>
    static async Task<Finding> Find(Func<Task<Finding>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (AuditCommand.IsFinding(e))
        {
            return new(Ok: false, e.Message);
        }
    }

    static NoteVerifier Key(string text) =>
        NoteVerifier.Parse(System.IO.File.Exists(text) ? System.IO.File.ReadAllText(text).Trim() : text);

    static Finding Judge(NoteVerifier key, string? proof, string? checkpoint, string? since, string? @event)
    {
        var expected = checkpoint is null ? null : SignedCheckpoint.Open(checkpoint, key).Checkpoint;
        if (proof is null)
            return new(Ok: true, $"{key.Name} signed this checkpoint over {expected!.Size} events.");
        var growth = proof.StartsWith(ConsistencyProof.FirstWord, StringComparison.Ordinal)
            ? ConsistencyProof.Parse(proof)
            : null;
        var inclusion = growth is null ? TlogProof.Parse(proof) : null;
        var signed = SignedCheckpoint.Open(growth?.Checkpoint ?? inclusion!.Checkpoint, key).Checkpoint;
        if (expected is not null && $"{expected}" != $"{signed}")
            return new(Ok: false, "The proof is for another checkpoint.");
        return inclusion is not null ? InLog(inclusion, signed, @event)
            : since is null ? new(Ok: false, "A proof of growth is checked with --since, the older checkpoint.")
            : Grown(growth!, SignedCheckpoint.Open(since, key).Checkpoint, signed);
    }

    static Finding InLog(TlogProof proof, Checkpoint signed, string? @event)
    {
        if (@event is null && proof.Extra is null)
            return new(Ok: false, "The proof does not hold the entry: give --event.");
        var entry = @event is null ? proof.Extra! : EventEntry.Of(AuditedEvent.Parse(@event));
        var position = EventEntry.PositionOf(entry).Value;
        return proof.Holds(signed, entry)
            ? new(
                Ok: true,
                $"Position {position} is event {proof.Index} of the {signed.Size} of {signed.Origin}.",
                position
            )
            : new(Ok: false, $"This is not event {proof.Index} of the {signed.Size} of {signed.Origin}.", position);
    }

    static Finding Grown(ConsistencyProof proof, Checkpoint older, Checkpoint newer) =>
        proof.Holds(older, newer)
            ? new(Ok: true, $"{newer.Origin} grew from {older.Size} to {newer.Size} events, and kept what it had.")
            : new(Ok: false, $"{newer.Origin} with {newer.Size} events does not begin with the {older.Size} of then.");

    static async Task<Finding> Log(string root, string? vkey, string? since, CancellationToken cancel)
    {
        var folder = new AuditFolder(DataFolder.AuditOf(root));
        var note = Prover.Open(folder).Checkpoint;
        var key = vkey is null ? folder.ReadKey() : Key(vkey);
        var (signed, older) = (
            SignedCheckpoint.Open(note, key),
            since is null ? null : SignedCheckpoint.Open(since, key)
        );
        await using var log = EmbeddedEventLog.Open(root, TimeProvider.System);
        var verdict = await AnsiConsole
            .Create(new() { Out = new AnsiConsoleOutput(Console.Error) })
            .Progress()
            .AutoClear(enabled: true)
            .StartAsync(bars =>
            {
                var bar = bars.AddTask("Walking the log", maxValue: Math.Max(signed.Size, 1));
                var progress = new Progress<long>(size => bar.Value = size);
                return new LogCheck(log, folder, signed, older, progress).Run(cancel);
            })
            .WaitAsync(cancel);
        return verdict.Fault is { } fault
            ? new(Ok: false, fault, verdict.At?.Value)
            : new(
                Ok: true,
                $"The log is what {key.Name} signed: {verdict.Size} events, up to position {verdict.Covered}; its "
                    + $"head is at {verdict.Head}.",
                verdict.Covered.Value
            );
    }

    /// <param name="Position">Of the event that was proven; of the first that is not as it was; of the last that
    /// is.</param>
    sealed record Finding(bool Ok, string Text, long? Position = null);
}
