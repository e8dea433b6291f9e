using System.Runtime.CompilerServices;
using System.Text;
using Varve.EventStores.Lines;

namespace Varve.EventStores.Moving;

/// <summary>A log as a file of lines; see <see cref="EventLine"/>.</summary>
public sealed class EventFile(string path) : ILogSource
{
    /// <summary>Longer than any event's line: 1 MiB of data and of metadata, in base64.</summary>
    const int LineBytesMax = 4 << 20;

    public ValueTask<Position> Head(CancellationToken cancel) => new(Last()?.Position ?? Position.Start);

    /// <exception cref="FormatException">A line is no event; the message says which.</exception>
    public async IAsyncEnumerable<RecordedEvent> After(
        Position position,
        [EnumeratorCancellation] CancellationToken cancel
    )
    {
        using var lines = new StreamReader(path, Encoding.UTF8);
        for (var number = 1; await lines.ReadLineAsync(cancel) is { } line; number++)
            if (EventAt(number, line) is var recorded && recorded.Position > position)
                yield return recorded;
    }

    public async ValueTask<RecordedEvent?> Find(string stream, long revision, CancellationToken cancel)
    {
        await foreach (var recorded in After(Position.Start, cancel))
            if (recorded.Revision == revision && recorded.Stream == stream)
                return recorded;
        return null;
    }

    RecordedEvent EventAt(int number, string line)
    {
        try
        {
            return EventLine.Read(Encoding.UTF8.GetBytes(line));
        }
        catch (FormatException wrong)
        {
            throw new FormatException($"{path}, line {number}: {wrong.Message}", wrong);
        }
    }

    /// <summary>The last whole line's event. A line that was cut by a crash is cut off, so that more can be written.
    /// </summary>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="FormatException">The last line is no event: the file is something else.</exception>
    public RecordedEvent? Last()
    {
        if (!File.Exists(path))
            return null;
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        var tail = new byte[(int)Math.Min(file.Length, 2L * LineBytesMax)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        var end = tail.AsSpan().LastIndexOf((byte)'\n');
        if (end < 0 && tail.Length == 2 * LineBytesMax)
            throw new FormatException($"{path} is no file of events.");
        var begin = end <= 0 ? 0 : tail.AsSpan(0, end).LastIndexOf((byte)'\n') + 1;
        var last = end < 0 ? null : EventLine.Read(tail.AsMemory(begin, end - begin));
        file.SetLength(file.Length - (tail.Length - 1 - end));
        return last;
    }
}
