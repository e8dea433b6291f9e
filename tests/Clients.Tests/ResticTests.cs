namespace Varve.Clients.Tests;

/// <summary>Debian's restic, whose client is minio-go.</summary>
public sealed class ResticTests(SharedServer server) : IDisposable
{
    readonly Shell shell = new(server.Process);

    public void Dispose() => shell.Dispose();

    [Fact]
    public async Task Backups_are_made_checked_restored_and_pruned()
    {
        await shell.Run(
            """
            export RESTIC_REPOSITORY=s3:$S3/restic-repository
            restic init
            mkdir -p 'tree/a b'; head -c 9000000 /dev/urandom > tree/large; echo 1 > 'tree/a b/é'; : > tree/empty
            restic backup tree
            cp -a tree first; echo 2 > tree/two; rm tree/empty
            restic backup tree
            restic check --read-data
            restic snapshots --json > snapshots
            jq -e 'length == 2' snapshots
            restic restore $(jq -r '.[0].id' snapshots) --target out
            diff -r first out/tree
            rm tree/large
            restic backup tree
            restic forget --keep-last 1 --prune
            restic check --read-data
            restic restore latest --target latest
            diff -r tree latest/tree
            test -z "$(restic list locks)"
            """
        );
    }

    [Fact]
    public async Task Two_backups_at_once_leave_a_repository_that_is_whole()
    {
        await shell.Run(
            """
            export RESTIC_REPOSITORY=s3:$S3/restic-shared/in/a/folder
            restic init
            mkdir one two; head -c 3000000 /dev/urandom > one/file; head -c 3000000 /dev/urandom > two/file
            restic backup one & restic backup two; wait $!
            restic snapshots --json | jq -e length==2
            restic check --read-data
            """
        );
    }
}
