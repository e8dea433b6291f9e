using System.Globalization;

namespace Varve.Load;

/// <summary>CPU seconds used so far by this process, by the server's processes and by the whole machine.</summary>
public readonly record struct Cpu(double Client, double Server, double Machine)
{
    const double TicksPerSecond = 100; // USER_HZ, fixed in Linux's interface to user space; proc(5)

    // "cpu user nice system idle iowait irq softirq steal ..."
    static readonly int[] Busy = [1, 2, 3, 6, 7];

    /// <exception cref="IOException">One of the processes is gone.</exception>
    public static Cpu Now(int[] pids)
    {
        var machine = File.ReadLines("/proc/stat").First().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var busy = Busy.Sum(i => long.Parse(machine[i], CultureInfo.InvariantCulture));
        return new Cpu(
            Environment.CpuUsage.TotalTime.TotalSeconds,
            pids.Sum(Of) / TicksPerSecond,
            busy / TicksPerSecond
        );
    }

    // Fields 14 and 15, utime and stime; the name in field 2 may hold spaces but ends with the last ')'.
    static long Of(int pid)
    {
        string stat;
        try
        {
            stat = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (IOException e)
        {
            throw new IOException($"--pid: no process {pid} any more", e);
        }
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture)
            + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    public static Cpu operator -(Cpu a, Cpu b) => new(a.Client - b.Client, a.Server - b.Server, a.Machine - b.Machine);
}
