using System.Globalization;

namespace Varve.EventLog;

/// <summary>One line of the table.</summary>
/// <param name="Latencies">Of single appends, in milliseconds.</param>
sealed record Row(string Name, double Seconds, long Events, long Commits, IEnumerable<double> Latencies)
{
    public override string ToString()
    {
        double[] sorted = [.. Latencies.Order()];
        double At(double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {Name} | {Events / Seconds:0} | {Commits / Seconds:0} | {(double)Events / Commits:0.0} "
                + $"| {At(0.5):0.000} | {At(0.99):0.000} |"
        );
    }
}
