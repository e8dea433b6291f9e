using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;
using Varve.Api.Hosting;
using Varve.EventStores;
using Varve.EventStores.Embedded;
using Varve.EventStores.EventStoreDb;
using Varve.EventStores.Moving;

namespace Varve.Api.Cli;

/// <summary><c>varve export</c> and <c>varve import</c>: move a whole log between a data folder, an EventStoreDB and a
/// file of lines. Either, cut and run again, goes on where it was.</summary>
static class MoveCommands
{
    /// <summary>The embedded log appends to as many streams at once; EventStoreDB to one.</summary>
    const int StreamsAtOnce = 250;

    public static Command MakeExport()
    {
        var to = new Option<string>("--to")
        {
            Description = "An EventStoreDB (esdb://…), or a file of JSON lines.",
            HelpName = "TARGET",
            Required = true,
        };
        var (data, events) = (CommandLine.DataOption(), CommandLine.EventsOption());
        var command = new Command(
            "export",
            """
            Copy the whole log to an EventStoreDB or a file, and compare both afterwards. Run again, it goes on where it
            was. The server may run meanwhile: what comes later, the next run copies.
            """
        )
        {
            to,
            data,
            events,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                await using var log = OpenedLog.Open(parsed.GetValue(data)!, parsed.GetValue(events));
                var source = new StoredLog(log.Events);
                var target = parsed.GetValue(to)!;
                if (!target.Contains("://", StringComparison.Ordinal))
                    return await Run(bars => ToFile(source, target, bars, cancel));
                await using var store = OpenRemote(target);
                return await Run(bars => Copy(new LogCopy(source, store, streamsAtOnce: 1), bars, cancel));
            }
        );
        return command;
    }

    public static Command MakeImport()
    {
        var from = new Option<string>("--from")
        {
            Description = "An EventStoreDB (esdb://…), another data folder, or a file of JSON lines.",
            HelpName = "SOURCE",
            Required = true,
        };
        var (data, events) = (CommandLine.DataOption(), CommandLine.EventsOption());
        var command = new Command(
            "import",
            """
            Copy a whole log into the data folder's, or into an EventStoreDB (--events), and compare both afterwards.
            The target is empty, or a run before this one was cut. Stop the server of the data folder first.
            """
        )
        {
            from,
            data,
            events,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                await using var opened = OpenSource(parsed.GetValue(from)!);
                if (parsed.GetValue(events) is { Length: > 0 } remote)
                {
                    await using var store = OpenRemote(remote);
                    return await Run(bars => Copy(new LogCopy(opened.Source, store, streamsAtOnce: 1), bars, cancel));
                }
                await using var folder = DataFolder.Claim(parsed.GetValue(data)!);
                await using var log = EmbeddedEventStore.Open(folder.Root, TimeProvider.System, NullLogger.Instance);
                return await Run(bars => Copy(new LogCopy(opened.Source, log, StreamsAtOnce), bars, cancel));
            }
        );
        return command;
    }

    static EventStoreDbStore OpenRemote(string address) =>
        EventStoreDbStore.Open(OpenedStore.Parse(address), TimeProvider.System, NullLogger.Instance);

    static OpenedSource OpenSource(string from)
    {
        if (from.Contains("://", StringComparison.Ordinal))
            return OpenedSource.Of(OpenRemote(from));
        if (Directory.Exists(from))
            return OpenedSource.Of(EmbeddedEventLog.Open(from, TimeProvider.System));
        return File.Exists(from)
            ? new OpenedSource(new EventFile(from), owner: null)
            : throw new SettingsException($"There is neither a folder nor a file '{from}'.");
    }

    sealed class OpenedSource(ILogSource source, IAsyncDisposable? owner) : IAsyncDisposable
    {
        public ILogSource Source => source;

        public static OpenedSource Of<TLog>(TLog log)
            where TLog : IEventLog, IAsyncDisposable => new(new StoredLog(log), log);

        public ValueTask DisposeAsync() => owner?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    static async Task<string> Copy(LogCopy copy, ProgressContext bars, CancellationToken cancel)
    {
        var copied = await copy.Run(Shown(bars, "Copying"), cancel);
        var all = await copy.Verify(Shown(bars, "Comparing"), cancel);
        return $"Copied {copied} events; all {all} are equal.";
    }

    static async Task<string> ToFile(StoredLog source, string path, ProgressContext bars, CancellationToken cancel)
    {
        var head = await source.Head(cancel);
        var progress = Shown(bars, "Copying");
        var last = new EventFile(path).Last();
        if (last is not null && (await source.Find(last.Stream, last.Revision, cancel))?.Id != last.Id)
            throw new LogsDifferException($"{path} ends with an event that the log has not: {last.Id}.");
        var copied = 0L;
        var file = new FileStream(path, FileMode.Append, FileAccess.Write);
        await using var lines = new LineOutput(file);
        await foreach (var recorded in source.After(last?.Position ?? Position.Start, cancel))
        {
            await lines.Write(recorded, cancel);
            if (++copied % 1_000 == 0)
                ((IProgress<CopyProgress>)progress).Report(new(recorded.Position, head));
        }
        await lines.Flush(cancel);
        file.Flush(flushToDisk: true);
        return $"Wrote {copied} events to {path}.";
    }

    static Progress<CopyProgress> Shown(ProgressContext bars, string what)
    {
        var bar = bars.AddTask(what);
        return new Progress<CopyProgress>(at =>
        {
            bar.MaxValue = Math.Max(at.Head.Value, 1);
            bar.Value = at.At.Value;
        });
    }

    static async Task<int> Run(Func<ProgressContext, Task<string>> work)
    {
        var screen = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Console.Error) });
        try
        {
            Console.WriteLine(await screen.Progress().AutoClear(enabled: true).StartAsync(work));
            return 0;
        }
        catch (Exception wrong) when (wrong is LogsDifferException or FormatException or IOException)
        {
            await Console.Error.WriteLineAsync($"varve: {wrong.Message}");
            return 1;
        }
    }
}
