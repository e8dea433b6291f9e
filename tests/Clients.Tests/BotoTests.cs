namespace Varve.Clients.Tests;

/// <summary>Debian's boto3 and its transfer manager at their default settings; the scenes are in python/boto.py.
/// </summary>
public sealed class BotoTests(SharedServer server) : IDisposable
{
    readonly Shell shell = new(server.Process);

    public void Dispose() => shell.Dispose();

    [Theory]
    [InlineData("buckets")]
    [InlineData("sizes")]
    [InlineData("odd_keys")]
    [InlineData("metadata")]
    [InlineData("resumed_upload")]
    [InlineData("transfers_at_once")]
    [InlineData("presigned")]
    [InlineData("versions")]
    [InlineData("locks")]
    [InlineData("tags_and_lifecycle")]
    [InlineData("access")]
    [InlineData("lock_file")]
    [InlineData("conditions")]
    public async Task The_client_of_Python(string scene) =>
        await shell.Run(
            "/usr/bin/python3 -B \"$1\" \"$2\"",
            Path.Combine(Server.Tests.ServerProcess.Repository, "tests", "Clients.Tests", "python", "boto.py"),
            scene
        );
}
