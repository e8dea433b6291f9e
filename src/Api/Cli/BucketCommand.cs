using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using Varve.Api.Control;

namespace Varve.Api.Cli;

/// <summary><c>varve bucket</c>: what only the operator says of buckets.</summary>
static class BucketCommand
{
    public static Command Make() => new("bucket", "What buckets may hold. The server must run.") { Quota() };

    static Command Quota()
    {
        var name = new Argument<string>("BUCKET") { Description = "Its name." };
        var bytes = new Option<long?>("--bytes")
        {
            Description = "All versions together, such as 10GiB.",
            HelpName = "SIZE",
            CustomParser = SizeOf,
        };
        var objects = new Option<long?>("--objects") { Description = "Versions, at most.", HelpName = "N" };
        var none = new Option<bool>("--none") { Description = "No quota any more." };
        var by = CommandLine.ByOption();
        var json = new Option<bool>("--json") { Description = "One JSON object." };
        var data = CommandLine.DataOption();
        var command = new Command(
            "quota",
            "Set what a bucket may hold at most; what is not named has no bound. Without a bound and without --none, "
                + "only tell it."
        )
        {
            name,
            bytes,
            objects,
            none,
            by,
            json,
            data,
        };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(none) && (parsed.GetResult(bytes) ?? parsed.GetResult(objects)) is not null)
                parsed.AddError("--none goes with neither --bytes nor --objects.");
        });
        command.SetAction(
            async (parsed, cancel) =>
            {
                var wanted = new WantedQuota(parsed.GetValue(bytes), parsed.GetValue(objects));
                var sets = parsed.GetValue(none) || wanted is not (null, null);
                using var server = await TransfersCommand.Connect(parsed.GetValue(data)!, cancel);
                var state = await server.Quota(
                    new(parsed.GetValue(name)!, sets ? wanted : null, parsed.GetValue(by)!),
                    cancel
                );
                Console.WriteLine(
                    parsed.GetValue(json) ? JsonSerializer.Serialize(state, JsonSerializerOptions.Web) : Text(state)
                );
                return 0;
            }
        );
        return command;
    }

    /// <summary>A number of bytes, or of KiB, MiB, GiB, TiB.</summary>
    static long? SizeOf(ArgumentResult argument)
    {
        string[] units = ["", "KiB", "MiB", "GiB", "TiB"];
        var text = argument.Tokens.Single().Value;
        var digits = text.TrimEnd([.. "KMGTiB"]);
        var shift = 10 * Array.IndexOf(units, text[digits.Length..]);
        if (
            shift >= 0
            && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count is >= 1
            && count <= long.MaxValue >> shift
        )
            return count << shift;
        argument.AddError($"'{text}' is not like 1000, 512MiB or 10GiB.");
        return null;
    }

    static string Text(QuotaState state) =>
        state.Quota is not { } quota
            ? $"{state.Bucket}: no quota"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{state.Bucket}: {state.Used?.Bytes} of {Bound(quota.Bytes)} bytes, "
                    + $"{state.Used?.Objects} of {Bound(quota.Objects)} objects"
            );

    static string Bound(long? most) => most is { } number ? number.ToString(CultureInfo.InvariantCulture) : "any";
}
