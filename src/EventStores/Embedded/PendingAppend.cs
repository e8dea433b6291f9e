using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Varve.EventStores.Embedded;

/// <summary>A call of Append on its way: checked and made ready on the caller's thread, to leave the writer
/// little.</summary>
sealed class PendingAppend
{
    readonly TaskCompletionSource<AppendResult> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    PendingAppend(PendingStream[] streams, int events, long bytes) =>
        (Streams, Events, Bytes) = (streams, events, bytes);

    public PendingStream[] Streams { get; }

    public int Events { get; }

    public long Bytes { get; }

    public Task<AppendResult> Answer => answer.Task;

    /// <summary>Set by the writer within the transaction, told to the caller after it.</summary>
    public AppendResult Result { get; set; }

    public void Succeed() => answer.SetResult(Result);

    public void Fail(Exception exception) => answer.TrySetException(exception);

    /// <exception cref="ArgumentException">Outside the limits of <see cref="IEventStore"/>.</exception>
    public static PendingAppend From(IReadOnlyList<StreamAppend> appends)
    {
        if (appends.Count == 0)
            throw new ArgumentException("An append names at least one stream.", nameof(appends));
        var streams = new PendingStream[appends.Count];
        var (events, bytes) = (0, 0L);
        for (var i = 0; i < streams.Length; i++)
        {
            var append = appends[i];
            for (var earlier = 0; earlier < i; earlier++)
                if (streams[earlier].Name == append.Stream)
                    throw new ArgumentException($"Stream {append.Stream} comes twice.", nameof(appends));
            foreach (var @event in append.Events)
            {
                // What the database would refuse would fail all that are committed with it.
                if (string.IsNullOrEmpty(@event.Type))
                    throw new ArgumentException($"Event {@event.Id} has no type.", nameof(appends));
                if (Math.Max(@event.Data.Length, @event.Metadata.Length) > NewEvent.DataBytesMax)
                    throw new ArgumentException($"Event {@event.Id} is larger than 1 MiB.", nameof(appends));
                bytes += @event.Data.Length + @event.Metadata.Length;
            }
            events += append.Events.Count;
            streams[i] = new(append.Stream, StreamName.Encode(append.Stream), append.Expected, append.Events);
        }
        return new(streams, events, bytes);
    }
}

/// <summary>What a call wants of one stream.</summary>
sealed record PendingStream(string Name, StreamName Encoded, ExpectedRevision Expected, IReadOnlyList<NewEvent> Events);

/// <summary>A stream's name as the database has it.</summary>
readonly record struct StreamName(byte[] Utf8, long Hash)
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="ArgumentException">Empty, longer than 4,096 bytes, or with half a surrogate pair.</exception>
    public static StreamName Encode(string name)
    {
        var utf8 = Strict.GetBytes(name);
        if (utf8.Length is 0 or > StreamAppend.StreamBytesMax)
            throw new ArgumentException($"A stream's name has 1 to 4,096 bytes, not {utf8.Length}.", nameof(name));
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8, hash);
        return new(utf8, BinaryPrimitives.ReadInt64BigEndian(hash));
    }
}
