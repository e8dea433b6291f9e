using System.Globalization;
using Varve.EventStores;

namespace Varve.Workers;

/// <summary>Places of a process that is the only one: a file <c>&lt;name&gt;.position</c> each.</summary>
public sealed class FilePlaces(string folder) : ILogPlaces
{
    public async ValueTask<Position> Find(string name, CancellationToken cancel) =>
        File.Exists(FileOf(name))
        && long.TryParse(
            await File.ReadAllTextAsync(FileOf(name), cancel),
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out var position
        )
            ? new(position)
            : Position.Start;

    public async ValueTask Keep(string name, Position place, CancellationToken cancel)
    {
        var beside = FileOf(name) + ".new";
        await File.WriteAllTextAsync(beside, place.ToString(), cancel);
        File.Move(beside, FileOf(name), overwrite: true);
    }

    string FileOf(string name) => Path.Combine(folder, name + ".position");
}
