using System.Text;
using Google.Protobuf;
using Varve.EventStores.Protocol;
using Count = Varve.EventStores.Protocol.ReadReq.Types.Options.CountOptionOneofCase;
using Filters = Varve.EventStores.Protocol.ReadReq.Types.Options.FilterOptionOneofCase;
using Options = Varve.EventStores.Protocol.ReadReq.Types.Options;
using Place = Varve.EventStores.Protocol.ReadReq.Types.Options.Types.AllOptions.AllOptionOneofCase;
using Revision = Varve.EventStores.Protocol.ReadReq.Types.Options.Types.StreamOptions.RevisionOptionOneofCase;
using Source = Varve.EventStores.Protocol.ReadReq.Types.Options.StreamOptionOneofCase;

namespace Varve.EventStores.Node;

/// <summary>What a Read asks for, checked.</summary>
/// <param name="Stream">Null for $all.</param>
/// <param name="Max">Null for a subscription, which never ends.</param>
/// <param name="From">A revision or a position; <see cref="Start"/>, <see cref="End"/>.</param>
/// <param name="Filter">Null for all events.</param>
/// <param name="Extended">The reader wants to be told the stream's first and last revision, too.</param>
sealed record ReadRequest(
    string? Stream,
    Direction Direction,
    long From,
    long? Max,
    EventFilter? Filter,
    bool ResolveLinks,
    bool TextIds,
    bool Extended
)
{
    /// <summary>Before the first.</summary>
    public const long Start = -1;

    /// <summary>Behind the last.</summary>
    public const long End = long.MaxValue;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="Grpc.Core.RpcException">It asks for nothing that there is.</exception>
    public static ReadRequest Parse(ReadReq request)
    {
        var options = request.Options ?? throw NodeErrors.Invalid("There are no options.");
        if (options.UuidOption is null)
            throw NodeErrors.Invalid("There is no uuid_option.");
        var subscribes = options.CountOptionCase == Count.Subscription;
        var forwards = options.ReadDirection == Options.Types.ReadDirection.Forwards;
        var possible =
            options.StreamOptionCase != Source.None
            && (options.CountOptionCase == Count.Count || subscribes && forwards)
            && options.FilterOptionCase != Filters.None
            && (options.FilterOptionCase == Filters.NoFilter || options.StreamOptionCase == Source.All);
        if (!possible)
            throw NodeErrors.Invalid(
                $"The combination of ({options.StreamOptionCase}, {options.CountOptionCase}, "
                    + $"{options.ReadDirection}, {options.FilterOptionCase}) is invalid."
            );
        return new(
            options.StreamOptionCase == Source.Stream ? NameOf(options.Stream.StreamIdentifier) : null,
            forwards ? Direction.Forwards : Direction.Backwards,
            options.StreamOptionCase == Source.Stream ? FromOf(options.Stream) : FromOf(options.All),
            subscribes ? null : (long)Math.Min(options.Count, long.MaxValue),
            options.FilterOptionCase == Filters.Filter ? EventFilter.From(options.Filter) : null,
            options.ResolveLinks,
            options.UuidOption.ContentCase == Options.Types.UUIDOption.ContentOneofCase.String,
            options.ControlOption?.Compatibility >= 1
        );
    }

    /// <exception cref="Grpc.Core.RpcException">There is none, or it is none.</exception>
    public static string NameOf(StreamIdentifier? identifier)
    {
        var name = identifier?.StreamName ?? ByteString.Empty;
        if (name.Length is 0 or > StreamAppend.StreamBytesMax - 2) // room for the $$ of its metadata
            throw NodeErrors.Unexpected("A stream's name has 1 to 4,094 bytes.");
        try
        {
            return Strict.GetString(name.Span);
        }
        catch (DecoderFallbackException)
        {
            throw NodeErrors.Unexpected("The stream's name is not UTF-8.");
        }
    }

    static long FromOf(Options.Types.StreamOptions options) =>
        options.RevisionOptionCase switch
        {
            Revision.Revision when options.Revision <= long.MaxValue => (long)options.Revision,
            Revision.Revision when options.Revision < ulong.MaxValue => throw NodeErrors.Unexpected(
                "The revision is out of range."
            ),
            Revision.Start => Start,
            Revision.Revision or Revision.End => End,
            _ => throw NodeErrors.Invalid("There is no revision_option."),
        };

    static long FromOf(Options.Types.AllOptions options) =>
        options.AllOptionCase switch
        {
            Place.Position when options.Position.CommitPosition < options.Position.PreparePosition =>
                throw NodeErrors.Unexpected("The commit position is less than the prepare position."),
            Place.Position => (long)Math.Min(options.Position.CommitPosition, End),
            Place.Start => Start,
            Place.End => End,
            _ => throw NodeErrors.Invalid("There is no all_option."),
        };
}
