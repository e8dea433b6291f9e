using System.Buffers.Binary;
using System.Security.Cryptography;

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
        StreamAppend.Check(appends); // what the database would refuse would fail all that are committed with it
        var streams = new PendingStream[appends.Count];
        var (events, bytes) = (0, 0L);
        for (var i = 0; i < streams.Length; i++)
        {
            var append = appends[i];
            foreach (var @event in append.Events)
                bytes += @event.Data.Length + @event.Metadata.Length;
            events += append.Events.Count;
            var name = StreamName.Encode(append.Stream);
            streams[i] = new(append.Stream, name, append.Expected, append.Events, append.EndsStream);
        }
        return new(streams, events, bytes);
    }
}

/// <summary>What a call wants of one stream.</summary>
sealed record PendingStream(
    string Name,
    StreamName Encoded,
    ExpectedRevision Expected,
    IReadOnlyList<NewEvent> Events,
    bool EndsStream
);

/// <summary>A stream's name as the database has it.</summary>
readonly record struct StreamName(byte[] Utf8, long Hash)
{
    /// <exception cref="ArgumentException">Empty, longer than 4,096 bytes, or with half a surrogate pair.</exception>
    public static StreamName Encode(string name)
    {
        var utf8 = StreamAppend.EncodeName(name);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8, hash);
        return new(utf8, BinaryPrimitives.ReadInt64BigEndian(hash));
    }
}
