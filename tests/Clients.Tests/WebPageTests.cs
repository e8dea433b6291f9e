using Varve.Server.Tests;

namespace Varve.Clients.Tests;

public sealed class WebPageTests(SharedServer server) : IDisposable
{
    readonly Shell shell = new(server.Process);

    public void Dispose() => shell.Dispose();

    [Fact]
    public async Task A_person_signs_up_and_in_uploads_a_file_and_sees_it()
    {
        var artifacts = Directory.CreateDirectory(Path.Combine(ServerProcess.Repository, "artifacts")).FullName;
        await shell.Run(
            """
            head -c 7000000 /dev/urandom > 'holiday photo ü.jpg'
            node "$1" "$REST/" 'holiday photo ü.jpg' "$2"
            """,
            NodeTests.Script("page.mjs"),
            Path.Combine(artifacts, "page.png")
        );
    }
}
