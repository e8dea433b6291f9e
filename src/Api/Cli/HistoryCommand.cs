using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Varve.Api.Rest;
using Varve.Domain.Users;
using Varve.EventStores;
using Varve.EventStores.Embedded;

namespace Varve.Api.Cli;

/// <summary><c>varve history</c>: what became of a name, from the log itself. The server may run meanwhile.</summary>
static class HistoryCommand
{
    public static Command Make()
    {
        var name = new Argument<string>("NAME") { Description = "A file's name, an object's key; or bucket/key." };
        var user = new Option<string?>("--user") { Description = "Whose file it is.", HelpName = "USER" };
        var bucket = new Option<string?>("--bucket") { Description = "Where the object is.", HelpName = "BUCKET" };
        var json = new Option<bool>("--json") { Description = "One JSON object an event." };
        var data = CommandLine.DataOption();
        var command = new Command("history", "Print every event of a file, through its renames, oldest first.")
        {
            name,
            user,
            bucket,
            data,
            json,
        };
        command.SetAction(
            async (parsed, cancel) =>
            {
                await using var log = EmbeddedEventLog.Open(parsed.GetValue(data)!, TimeProvider.System);
                var (place, key) = parsed.GetValue(user) is { } owner
                    ? (await HomeOf(log, owner, cancel), parsed.GetValue(name)!)
                    : Split(parsed.GetValue(bucket), parsed.GetValue(name)!);
                return await Print(log, place, key, parsed.GetValue(json), cancel);
            }
        );
        command.Validators.Add(result =>
        {
            if (result.GetValue(user) is not null && result.GetValue(bucket) is not null)
                result.AddError("--user and --bucket: one of them.");
            else if (
                result.GetValue(user) is null
                && result.GetValue(bucket) is null
                && result.GetValue(name) is { } text
                && text.IndexOf('/', StringComparison.Ordinal) is <= 0
            )
                result.AddError("--user or --bucket is needed, or a name such as bucket/key.");
        });
        return command;
    }

    static (string Bucket, string Key) Split(string? bucket, string name)
    {
        var slash = bucket is null ? name.IndexOf('/', StringComparison.Ordinal) : 0;
        return bucket is null ? (name[..slash], name[(slash + 1)..]) : (bucket, name);
    }

    static async Task<string> HomeOf(EmbeddedEventLog log, string user, CancellationToken cancel)
    {
        await foreach (var recorded in log.ReadStream(User.StreamOf(user), Direction.Forwards, 0, 1, cancel))
            if (recorded.Decoded() is UserEvent.SignedUp signedUp)
                return signedUp.HomeBucket;
        return user; // their events may be gone; home buckets have the names of their users
    }

    /// <returns>1 if there never was such a file.</returns>
    static async Task<int> Print(EmbeddedEventLog log, string bucket, string key, bool json, CancellationToken cancel)
    {
        var history = new FileHistory(log.ReadStream, bucket, Position.Start, after: 0, limit: int.MaxValue / 2);
        await history.Begin(key, cancel);
        await history.Read(cancel);
        foreach (var happened in history.Page.Values)
            Console.WriteLine(json ? JsonSerializer.Serialize(happened, RestJson.Readable.FileEvent) : Text(happened));
        if (history.FoundAny)
            return 0;
        await Console.Error.WriteLineAsync($"varve: there never was '{bucket}/{key}'.");
        return 1;
    }

    static string Text(FileEvent happened) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{happened.Position, 10}  {happened.At}  {happened.By, -16}  {happened.FileName}  {happened.Detail}"
                + $"  {happened.FileHash}  {happened.FileSize}"
        );
}
