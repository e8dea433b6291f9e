using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.Api.Control;
using Varve.Api.Hosting;
using Varve.Domain;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.Projections.Runner;
using Command = System.CommandLine.Command;

namespace Varve.Api.Cli;

/// <summary><c>varve projections</c>: how the read models are, and what can be done about them. Beside a running
/// server, which then does it, or without one.</summary>
static class ProjectionsCommand
{
    public static Command Make() =>
        new("projections", "The read models: folded from the log, and so rebuilt from it. The server may run.")
        {
            List(),
            Rebuild(),
            Skip(),
            ProjectionsVerifyCommand.Make(),
        };

    static Command List()
    {
        var data = CommandLine.DataOption();
        var json = new Option<bool>("--json") { Description = "One JSON object a projection." };
        var command = new Command("list", "How far each projection is, and where it has stopped.") { data, json };
        command.SetAction(
            async (parsed, cancel) =>
            {
                foreach (var state in await States(parsed.GetValue(data)!, cancel))
                    Console.WriteLine(
                        parsed.GetValue(json) ? JsonSerializer.Serialize(state, JsonSerializerOptions.Web) : Text(state)
                    );
                return 0;
            }
        );
        return command;
    }

    static Command Rebuild()
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "A projection that must be known. All are in one file, and rebuilt together.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        name.AcceptOnlyFromAmong([.. Names()]);
        var data = CommandLine.DataOption();
        var command = new Command(
            "rebuild",
            """
            Fold the whole log into new read models beside the old ones, and put them in their place. A running server
            does it while it serves.
            """
        )
        {
            name,
            data,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                var root = parsed.GetValue(data)!;
                using var server = await ControlClient.Connect(root, cancel);
                if (server is null)
                    await Offline(root, (_, generations, progress) => Rebuilt(generations, progress, cancel), cancel);
                else
                    await FoldingProgress.Show(progress => Asked(server, progress, cancel), cancel);
                foreach (var state in await States(root, cancel))
                    Console.WriteLine(Text(state));
                return 0;
            }
        );
        return command;
    }

    static Command Skip()
    {
        var name = new Argument<string?>("NAME")
        {
            Description = "The projection; without it, every one that stopped at the event.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        name.AcceptOnlyFromAmong([.. Names()]);
        var skip = new SkipOptions();
        var data = CommandLine.DataOption();
        var command = new Command(
            "skip",
            """
            Leave out the event that a projection has stopped at, for ever: it is written into the log with who, when
            and why, so that every rebuild leaves it out too. The read models are then rebuilt; a running server serves
            meanwhile.
            """
        )
        {
            name,
            data,
        };
        skip.AddTo(command);
        command.SetAction(
            async (parsed, cancel) =>
            {
                var request = skip.RequestOf(parsed, parsed.GetValue(name));
                var root = parsed.GetValue(data)!;
                using var server = await ControlClient.Connect(root, cancel);
                if (server is null)
                    await Offline(
                        root,
                        async (events, generations, progress) =>
                        {
                            await Record(request, events, generations, cancel);
                            await Rebuilt(generations, progress, cancel);
                        },
                        cancel
                    );
                else
                    foreach (var line in await server.Skip(request, cancel))
                        Console.WriteLine($"{line}: skipped. It goes on when a rebuild is done; see 'list'.");
                return 0;
            }
        );
        return command;
    }

    static IEnumerable<string> Names() =>
        Varve.Projections.ReadModelProjections.All().Select(projection => projection.Subject);

    static async Task Record(
        SkipRequest request,
        EmbeddedEventStore events,
        ReadGenerations generations,
        CancellationToken cancel
    )
    {
        if (await generations.Find(cancel) is not var (_, database))
            throw new SettingsException("There are no read models that can be used: start the server, or rebuild.");
        await using var closing = database;
        IReadOnlyList<StoppedProjection> stopped;
        using (var lease = await database.Read(cancel))
            stopped = await StoppedProjection.Read(lease.Session, cancel);
        var door = CommandDoor.Open(
            new CommandLoop(events, new AggregateStates(events, 100), TimeSpan.FromSeconds(10)),
            new ValidationBehavior(CommandValidators.All)
        );
        foreach (var one in request.Choose(stopped))
        {
            var outcome = await door.Send(request.CommandFor(one, TimeProvider.System.GetUtcNow()), cancel);
            if (outcome.Rejection is { } no)
                throw new RejectedException(no);
            Console.WriteLine($"{one}: skipped.");
        }
    }

    static async Task Rebuilt(
        ReadGenerations generations,
        IProgress<RebuildProgress> progress,
        CancellationToken cancel
    ) => await (await generations.Rebuild(progress, cancel)).DisposeAsync();

    /// <summary>The server rebuilds; how far it is, is asked now and then.</summary>
    static async Task Asked(ControlClient server, IProgress<RebuildProgress> progress, CancellationToken cancel)
    {
        var done = server.Rebuild(cancel);
        while (await Task.WhenAny(done, Task.Delay(TimeSpan.FromMilliseconds(200), cancel)) != done)
            if (await server.RebuildProgress(cancel) is { } at)
                progress.Report(at);
        await done;
    }

    static async Task<IReadOnlyList<ProjectionState>> States(string data, CancellationToken cancel)
    {
        using var server = await ControlClient.Connect(data, cancel);
        if (server is not null)
            return await server.Projections(cancel);
        await using var log = EmbeddedEventLog.Open(data, TimeProvider.System);
        var generations = new ReadGenerations(data, log, NullLogger<ReadGenerations>.Instance);
        if (await generations.Find(cancel) is not var (number, database))
            throw new SettingsException("There are no read models that can be used; the next start builds them.");
        await using var closing = database;
        using var lease = await database.Read(cancel);
        return await ProjectionState.Of(lease.Session, log, number, Following.NoServer, TimeProvider.System, cancel);
    }

    static async Task Offline(
        string data,
        Func<EmbeddedEventStore, ReadGenerations, IProgress<RebuildProgress>, Task> work,
        CancellationToken cancel
    )
    {
        await using var folder = DataFolder.Claim(data);
        await using var events = EmbeddedEventStore.Open(folder.Root, TimeProvider.System, NullLogger.Instance);
        var generations = new ReadGenerations(folder.Root, events, NullLogger<ReadGenerations>.Instance);
        await FoldingProgress.Show(progress => work(events, generations, progress), cancel);
    }

    static string Text(ProjectionState state)
    {
        var seconds = state.LagSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var word = JsonSerializer.Serialize(state.State).Trim('"');
        var line =
            $"{state.Name, -16} {word, -10} generation {state.Generation, -4} position {state.Position, -10} "
            + $"behind {state.LagEvents} events, {seconds} s";
        if (state.Stopped is not { } at)
            return line;
        var place = $"{at.Type} of stream {at.Stream}, revision {at.Revision}";
        return $"{line}\n  at position {at.Position}: {place}: {at.Reason}";
    }
}
