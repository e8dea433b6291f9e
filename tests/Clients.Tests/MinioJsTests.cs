namespace Varve.Clients.Tests;

/// <summary>minio from npm at its default settings; the scenes are in node/minio.mjs.</summary>
public sealed class MinioJsTests(SharedServer server) : IDisposable
{
    readonly Shell shell = new(server.Process);

    public void Dispose() => shell.Dispose();

    [Theory]
    [InlineData("makes, lists and removes buckets")]
    [InlineData("puts and gets files of every size")]
    [InlineData("puts, lists, reads and removes odd keys")]
    [InlineData("keeps metadata and copies")]
    [InlineData("resumes an upload and removes another")]
    [InlineData("presigns a get, a put and a form")]
    [InlineData("lists and removes versions")]
    [InlineData("locks, tags and expires")]
    [InlineData("sets a policy and encryption")]
    public async Task The_client_of_npm(string scene) =>
        await shell.Run("node \"$1\" \"$2\"", NodeTests.Script("minio.mjs"), scene);
}
