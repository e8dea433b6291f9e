namespace Varve.EventStores.Tests;

sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("varve-events-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
