using System.Text.RegularExpressions;
using Varve.EventStores.Protocol;

namespace Varve.EventStores.Node;

/// <summary>Which events of $all a reader wants: by the names of streams, or of types; by beginnings, or by a regular
/// expression that may match anywhere.</summary>
/// <param name="StreamPrefixes">What the log itself can look for; empty if it cannot.</param>
/// <param name="Window">Events looked at between two checkpoints.</param>
sealed record EventFilter(Func<RecordedEvent, bool> Matches, IReadOnlyList<string> StreamPrefixes, long Window)
{
    const int WindowUnset = 32;

    /// <summary>A regular expression comes from outside: it may take so long for one name.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    /// <exception cref="Grpc.Core.RpcException">The filter says nothing that can be followed.</exception>
    public static EventFilter From(ReadReq.Types.Options.Types.FilterOptions options)
    {
        if (options.WindowCase == ReadReq.Types.Options.Types.FilterOptions.WindowOneofCase.None)
            throw NodeErrors.Invalid("The filter has no window.");
        if (options.CheckpointIntervalMultiplier == 0)
            throw NodeErrors.Unexpected("The checkpoint interval multiplier is 0.");
        var byType = options.EventType is not null;
        var expression =
            (byType ? options.EventType : options.StreamIdentifier) ?? throw NodeErrors.Invalid("The filter is empty.");
        var window =
            options.WindowCase == ReadReq.Types.Options.Types.FilterOptions.WindowOneofCase.Max
                ? options.Max
                : WindowUnset;
        return new(
            Matching(expression, byType ? e => e.Type : e => e.Stream),
            byType || expression.Regex.Length > 0 ? [] : [.. expression.Prefix],
            Math.Max(1, window) * (long)options.CheckpointIntervalMultiplier
        );
    }

    static Func<RecordedEvent, bool> Matching(
        ReadReq.Types.Options.Types.FilterOptions.Types.Expression expression,
        Func<RecordedEvent, string> name
    )
    {
        if (expression.Regex.Length > 0)
        {
            var regex = Compiled(expression.Regex);
            return e => regex.IsMatch(name(e));
        }
        string[] prefixes = [.. expression.Prefix];
        return e => Array.Exists(prefixes, prefix => name(e).StartsWith(prefix, StringComparison.Ordinal));
    }

    static Regex Compiled(string pattern)
    {
        try
        {
            try
            {
                return new(pattern, RegexOptions.NonBacktracking, Patience);
            }
            catch (NotSupportedException)
            {
                return new(pattern, RegexOptions.None, Patience); // looks around, or back
            }
        }
        catch (ArgumentException wrong)
        {
            throw NodeErrors.Unexpected(wrong.Message);
        }
    }
}
