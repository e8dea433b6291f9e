using Spectre.Console;
using Varve.Projections.Runner;

namespace Varve.Api.Cli;

/// <summary>A bar on standard error, for who waits for a fold of the log.</summary>
static class FoldingProgress
{
    public static Task Show(Func<IProgress<RebuildProgress>, Task> work, CancellationToken cancel) =>
        AnsiConsole
            .Create(new() { Out = new AnsiConsoleOutput(Console.Error) })
            .Progress()
            .AutoClear(enabled: true)
            .StartAsync(async bars =>
            {
                var bar = bars.AddTask("Folding the log");
                await work(
                    new Progress<RebuildProgress>(at =>
                    {
                        bar.MaxValue = Math.Max(at.Head.Value, 1);
                        bar.Value = at.At.Value;
                    })
                );
            })
            .WaitAsync(cancel);
}
