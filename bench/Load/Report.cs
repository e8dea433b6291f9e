using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Varve.Load;

/// <summary>All rounds of one endpoint.</summary>
public sealed record Side(string Label, List<Sample> Rounds)
{
    public double Median(Func<Sample, double> figure)
    {
        double[] sorted = [.. Rounds.Select(figure).Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    public double? MedianServerMsPerOp =>
        Rounds.Any(r => r.ServerMsPerOp is null) ? null : Median(r => r.ServerMsPerOp!.Value);

    public long Errors => Rounds.Sum(r => r.Errors);
}

/// <summary>Prints what was measured, as text for a person or as JSON for a program.</summary>
public static class Report
{
    static readonly (string Name, Func<Sample, double> Of)[] Figures =
    [
        ("ops/s", s => s.OpsPerSecond),
        ("MiB/s", s => s.MiBPerSecond),
        ("p50 ms", s => s.Quantile(0.5)),
        ("p90 ms", s => s.Quantile(0.9)),
        ("p99 ms", s => s.Quantile(0.99)),
        ("max ms", s => s.Quantile(1)),
        ("client", s => s.Client),
        ("server", s => s.Server ?? double.NaN),
        ("machine", s => s.Machine),
        ("srv ms/op", s => s.ServerMsPerOp ?? double.NaN),
        ("errors", s => s.Errors),
        ("compared", s => s.Compared),
    ];

    static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static void Text(Options options, Side[] sides, TextWriter to)
    {
        var op = options.Op.ToString().ToLowerInvariant();
        to.WriteLine(
            $"{op} {SizeText(options.Size)}, concurrency {options.Concurrency}, {options.Objects} keys, "
                + $"rounds of {options.Duration.TotalSeconds:0.#} s; CPU in cores of {Environment.ProcessorCount}"
        );
        var width = sides.Max(s => s.Label.Length) + 8;
        to.WriteLine(new string(' ', width) + string.Concat(Figures.Select(f => f.Name.PadLeft(11))));
        for (var round = 0; round < sides[0].Rounds.Count; round++)
            foreach (var side in sides)
                Row($"{side.Label} #{round + 1}", Figures.Select(f => f.Of(side.Rounds[round])));
        if (options.Rounds > 1)
            foreach (var side in sides)
                Row($"{side.Label} median", Figures.Select(f => side.Median(f.Of)));
        if (sides is [var a, var b])
        {
            Row("ratio", Figures[..6].Select(f => a.Median(f.Of) / b.Median(f.Of)));
            var pairs = Pairs(a, b);
            to.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{a.Label} does {a.Median(s => s.OpsPerSecond) / b.Median(s => s.OpsPerSecond):0.00} "
                        + $"times the ops/s of {b.Label} (ratio of medians; "
                        + $"pairs of rounds {pairs.Min():0.00} to {pairs.Max():0.00})"
                )
            );
        }
        foreach (var side in sides.Where(ClientBound))
            to.WriteLine(
                $"note: the client took most of the CPU time against {side.Label}: a faster client would show more"
            );

        void Row(string name, IEnumerable<double> values) =>
            to.WriteLine(name.PadRight(width) + string.Concat(values.Select(v => Number(v).PadLeft(11))));
    }

    public static void Json(Options options, Side[] sides, TextWriter to)
    {
        var report = new
        {
            op = options.Op.ToString().ToLowerInvariant(),
            size = options.Size,
            concurrency = options.Concurrency,
            objects = options.Objects,
            seconds = options.Duration.TotalSeconds,
            payload = options.SignPayload ? "signed" : "unsigned",
            cores = Environment.ProcessorCount,
            sides = sides.Select(side => new
            {
                label = side.Label,
                errors = side.Errors,
                clientBound = ClientBound(side),
                median = Values(f => side.Median(f)),
                rounds = side.Rounds.Select(r => Values(f => f(r))),
            }),
            ratio = sides is [var a, var b] ? Values(f => a.Median(f) / b.Median(f)) : null,
            pairs = sides is [var c, var d] ? Pairs(c, d).Select(Finite) : null,
        };
        to.WriteLine(JsonSerializer.Serialize(report, Indented));
    }

    static Dictionary<string, double?> Values(Func<Func<Sample, double>, double> of) =>
        Figures.ToDictionary(f => f.Name, f => Finite(of(f.Of)));

    // JSON has no infinity and no NaN: a figure that could not be had is null.
    static double? Finite(double value) => double.IsFinite(value) ? Math.Round(value, 4) : null;

    static double[] Pairs(Side a, Side b) => [.. a.Rounds.Zip(b.Rounds, (x, y) => x.OpsPerSecond / y.OpsPerSecond)];

    // The client is the limit when it has more of the machine than all others together, and the machine has no more.
    static bool ClientBound(Side side) =>
        side.Median(s => s.Machine) > 0.85 * Environment.ProcessorCount && side.Median(s => s.Client / s.Machine) > 0.5;

    static string SizeText(long size) =>
        size switch
        {
            >= 1 << 20 when size % (1 << 20) == 0 => $"{size >> 20} MiB",
            >= 1 << 10 when size % (1 << 10) == 0 => $"{size >> 10} KiB",
            _ => $"{size} B",
        };

    static string Number(double value) =>
        value switch
        {
            double.NaN => "-",
            _ when value == Math.Floor(value) && Math.Abs(value) < 1e9 => value.ToString(
                "0",
                CultureInfo.InvariantCulture
            ),
            >= 1000 => value.ToString("0", CultureInfo.InvariantCulture),
            >= 100 => value.ToString("0.0", CultureInfo.InvariantCulture),
            >= 1 => value.ToString("0.00", CultureInfo.InvariantCulture),
            _ => value.ToString("0.000", CultureInfo.InvariantCulture),
        };
}
