using System.Buffers;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Varve.EventStores;
using Varve.EventStores.Lines;

namespace Varve.Api.Cli;

/// <summary>Events as lines, gathered into large writes. Not thread-safe.</summary>
sealed class LineOutput : IAsyncDisposable
{
    const int BytesGathered = 64 * 1024;

    readonly Stream to;
    readonly ArrayBufferWriter<byte> gathered = new(2 * BytesGathered);
    readonly Utf8JsonWriter writer;

    public LineOutput(Stream to) => (this.to, writer) = (to, EventLine.Writer(gathered));

    /// <summary>Standard output. A pipe whose reader has gone is an <see cref="IOException"/>, which the console's own
    /// stream would keep to itself.</summary>
    public static Stream StandardOutput()
    {
        var direct = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return direct.CanSeek ? Console.OpenStandardOutput() : direct;
    }

    public ValueTask Write(RecordedEvent recorded, CancellationToken cancel)
    {
        EventLine.Write(writer, gathered, recorded);
        return gathered.WrittenCount < BytesGathered ? ValueTask.CompletedTask : Flush(cancel);
    }

    public async ValueTask Flush(CancellationToken cancel)
    {
        await to.WriteAsync(gathered.WrittenMemory, cancel);
        gathered.ResetWrittenCount();
    }

    public ValueTask DisposeAsync() => to.DisposeAsync();
}
