using System.Diagnostics;

namespace Varve.Load;

/// <summary>What one round measured. CPU figures are cores: CPU seconds per second of wall time.</summary>
/// <param name="Latencies">Of the good operations, ascending, in milliseconds.</param>
/// <param name="Seconds">From the start to the end of the last operation.</param>
/// <param name="Compared">GETs compared byte for byte.</param>
/// <param name="Server">Null when no --pid was given.</param>
/// <param name="Machine">All that ran on the machine, this process and the server among it.</param>
public sealed record Sample(
    double[] Latencies,
    long Bytes,
    long Errors,
    long Compared,
    double Seconds,
    double Client,
    double? Server,
    double Machine
)
{
    public double OpsPerSecond => Latencies.Length / Seconds;
    public double MiBPerSecond => Bytes / 1048576.0 / Seconds;

    /// <summary>The latency that a share <paramref name="p"/> of the operations stayed within; nearest rank.</summary>
    public double Quantile(double p) =>
        Latencies.Length == 0 ? double.NaN : Latencies[Math.Max(0, (int)Math.Ceiling(p * Latencies.Length) - 1)];

    /// <summary>The server's CPU time per good operation, in milliseconds.</summary>
    public double? ServerMsPerOp => Server * Seconds * 1000 / Latencies.Length;
}

/// <summary>Drives one workload: a fixed number of loops, each with one request in flight.</summary>
public sealed class Driver(Options options, Workload workload, int[] pids)
{
    // A server that is down answers fast: a round of nothing but errors ends here.
    const int MostErrors = 1000;
    const int QuotedErrors = 5;

    readonly Worker[] _workers = [.. Enumerable.Range(0, options.Concurrency).Select(i => new Worker(i, options.Seed))];

    /// <summary>Runs for <paramref name="duration"/>; operations begun within it are waited for and count.</summary>
    public async Task<Sample> Run(TimeSpan duration)
    {
        foreach (var worker in _workers)
        {
            worker.Latencies.Clear();
            worker.Bytes = worker.Compared = 0;
        }
        var most = options.Op is Op.Delete or Op.Seed ? Math.Min(options.MaxOps, options.Objects) : options.MaxOps;
        var next = -1L;
        var errors = 0L;
        using var hang = new CancellationTokenSource(duration + options.Timeout);
        var before = Cpu.Now(pids);
        var start = Stopwatch.GetTimestamp();
        var until = start + (long)(duration.TotalSeconds * Stopwatch.Frequency);

        async Task Loop(Worker worker)
        {
            while ((worker.Begun = Stopwatch.GetTimestamp()) < until && errors < MostErrors)
            {
                var number = Interlocked.Increment(ref next);
                if (number >= most)
                    return;
                try
                {
                    worker.Bytes += await workload.Run(worker, number, hang.Token);
                    worker.Latencies.Add(Stopwatch.GetTimestamp() - worker.Begun);
                }
                catch (Exception e)
                    when (e is ReplyException or HttpRequestException or IOException or OperationCanceledException)
                {
                    if (Interlocked.Increment(ref errors) <= QuotedErrors)
                        Console.Error.WriteLine($"error: {e.Message}");
                }
            }
        }

        await Task.WhenAll(_workers.Select(worker => Task.Run(() => Loop(worker))));
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var spent = Cpu.Now(pids) - before;
        double[] latencies =
        [
            .. _workers.SelectMany(w => w.Latencies).Select(t => t * 1000.0 / Stopwatch.Frequency).Order(),
        ];
        return new Sample(
            latencies,
            _workers.Sum(w => w.Bytes),
            errors,
            _workers.Sum(w => w.Compared),
            seconds,
            spent.Client / seconds,
            pids.Length > 0 ? spent.Server / seconds : null,
            spent.Machine / seconds
        );
    }
}
