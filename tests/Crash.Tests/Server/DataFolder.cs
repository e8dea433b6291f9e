namespace Varve.Server.Tests;

/// <summary>A folder under the system's temporary one, deleted when disposed.</summary>
public sealed class DataFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("varve-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
