using Varve.Server.Tests;

namespace Varve.Clients.Tests;

/// <summary>What Varve signs and proves is checked by programs that nobody here wrote: @sigstore/verify from npm. The
/// scene is in node/audit.mjs.</summary>
public sealed class AuditTests
{
    const int Objects = 300;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Others_verify_the_checkpoint_the_proof_and_the_tiles()
    {
        using var data = new DataFolder();
        await using var server = await ServerProcess.Start(data.Path, "audit", Cancel);
        using (var s3 = server.Sign("audited"))
        {
            await s3.EnsureBucket();
            await Parallel.ForAsync(
                0,
                Objects,
                Cancel,
                async (i, stop) =>
                {
                    using var content = new ByteArrayContent(BitConverter.GetBytes(i));
                    (await s3.Send(HttpMethod.Put, s3.PathOf($"k{i}"), "", content, stop: stop)).Dispose();
                }
            );
        }
        await server.Kill();
        using var shell = new Shell(server);
        var said = await shell.Run(
            """
            varve() { dotnet "$1" audit "${@:2}"; }
            varve "$1" checkpoint --data "$2" --sign > checkpoint
            varve "$1" prove 100 --data "$2" --event event > proof
            varve "$1" check --proof proof --checkpoint checkpoint --event event --key "$2/audit/key.pub" >&2
            varve "$1" check --data "$2" >&2
            node "$3" proof "$2/audit/key.pub" "$2/audit"
            """,
            ServerProcess.Program,
            data.Path,
            NodeTests.Script("audit.mjs")
        );
        Assert.True(int.Parse(said.Split(' ')[0], null) > 2 * Objects, said);
    }
}
