using System.Buffers;
using System.Text;
using CsCheck;
using Varve.EventStores.Lines;

namespace Varve.EventStores.Tests;

public sealed class EventLineTests
{
    static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte.Array,
        Gen.String.Select(text => Encoding.UTF8.GetBytes($"\"{text}\"")),
        Gen.Int[0, 9]
            .Select(i =>
                (
                    (string[])
                        [
                            "",
                            "{}",
                            """{"a": [1, 2.50, null]}""",
                            "{\n}",
                            " {}",
                            "{} ",
                            "{}{}",
                            "truth",
                            "\"漢\"",
                            new string('[', 64) + new string(']', 64),
                        ]
                )[i]
            )
            .Select(Encoding.UTF8.GetBytes)
    );

    [Fact]
    public void An_event_is_read_back_byte_by_byte_from_one_line() =>
        Gen.Select(Bytes, Bytes, Gen.String.AlphaNumeric)
            .Sample(
                (data, metadata, name) =>
                {
                    var at = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero).AddTicks(1_234_567);
                    var written = new RecordedEvent($"s-{name}/漢", 3, new(7), Guid.NewGuid(), "T", at, data, metadata)
                    {
                        IsJson = data.Length % 2 == 0,
                    };
                    var line = Line(written);
                    Assert.Equal(line.Length - 1, line.AsSpan().IndexOf((byte)'\n'));
                    var read = EventLine.Read(line);
                    Assert.Equal(written, read with { Data = written.Data, Metadata = written.Metadata });
                    Assert.Equal(data, read.Data.ToArray());
                    Assert.Equal(metadata, read.Metadata.ToArray());
                }
            );

    [Fact]
    public void Who_and_when_are_what_the_command_said()
    {
        var metadata = """{"at":"2026-01-31T12:00:00+00:00","by":"ana","$causationId":"x"}"""u8.ToArray();
        var line = Encoding.UTF8.GetString(
            Line(new("s", 0, new(1), Guid.Empty, "T", DateTimeOffset.UnixEpoch, "{}"u8.ToArray(), metadata))
        );
        Assert.Contains(
            """
            "time":"2026-01-31T12:00:00Z","created":"1970-01-01T00:00:00Z","actor":"ana","data":{},"metadata":{"at"
            """,
            line,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(""), InlineData("{}"), InlineData("{\"position\":1}"), InlineData("[]"), InlineData("no")]
    public void What_is_no_event_is_refused(string line) =>
        Assert.ThrowsAny<FormatException>(() => EventLine.Read(Encoding.UTF8.GetBytes(line)));

    static byte[] Line(RecordedEvent recorded)
    {
        var bytes = new ArrayBufferWriter<byte>();
        using var writer = EventLine.Writer(bytes);
        EventLine.Write(writer, bytes, recorded);
        return bytes.WrittenSpan.ToArray();
    }
}
