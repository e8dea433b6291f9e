namespace Varve.Clients.Tests;

/// <summary>@aws-sdk/client-s3 from npm at its default settings; the scenes are in node/clients.mjs.</summary>
public sealed class NodeTests(SharedServer server) : IDisposable
{
    readonly Shell shell = new(server.Process);

    public void Dispose() => shell.Dispose();

    [Theory]
    [InlineData("puts, gets and heads an object with metadata")]
    [InlineData("streams a body of unknown checksum")]
    [InlineData("puts, lists, reads and deletes odd keys")]
    [InlineData("uploads in parts by lib-storage")]
    [InlineData("puts and gets files of every size")]
    [InlineData("aborts an upload, and resumes one by its list of parts")]
    [InlineData("keeps versions, locks and tags")]
    [InlineData("lets others in by list, policy and origin")]
    [InlineData("takes a lock file once")]
    [InlineData("lists in pages and folds at a delimiter")]
    [InlineData("copies, and deletes many")]
    [InlineData("presigns a get and a put")]
    [InlineData("is refused with S3's own errors")]
    [InlineData("verifies every checksum")]
    public async Task The_client_of_npm(string scene) =>
        await shell.Run("node \"$1\" \"$2\"", Script("clients.mjs"), scene);

    internal static string Script(string name) =>
        Path.Combine(Varve.Server.Tests.ServerProcess.Repository, "tests", "Clients.Tests", "node", name);
}
