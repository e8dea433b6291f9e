namespace Varve.Clients.Tests;

/// <summary>Debian's rclone, path-style: as provider Other, and as Minio, which trusts ETags of single puts.</summary>
public sealed class RcloneTests(SharedServer server) : IDisposable
{
    readonly Shell shell = new(server.Process);

    public void Dispose() => shell.Dispose();

    [Theory]
    [InlineData("other")]
    [InlineData("minio")]
    public async Task A_tree_is_copied_checked_synced_and_deleted(string remote)
    {
        await shell.Run(
            """
            B=$1:rclone-$1
            rclone mkdir $B
            mkdir -p 'tree/a b/c+d'; echo 1 > tree/1; echo 2 > 'tree/a b/2%2F'
            echo 3 > 'tree/a b/c+d/雪'; : > tree/empty
            head -c 20000000 /dev/urandom > tree/large
            rclone copy --s3-upload-cutoff 6M --s3-chunk-size 5M tree $B/tree
            rclone check tree $B/tree
            rclone check --download tree $B/tree
            test "$(rclone lsf -R --files-only $B | wc -l)" = 5
            rclone lsf $B/tree | grep -x 'a b/' > /dev/null
            rclone cat $B/tree/1 | cmp - tree/1
            rclone copyto $B/tree/large $B/copy
            rclone cat --offset 19999990 $B/copy | cmp - <(tail -c 10 tree/large)
            rm tree/1; echo changed > 'tree/a b/2%2F'
            rclone sync tree $B/tree
            rclone check tree $B/tree
            rclone moveto $B/copy $B/moved
            rclone deletefile $B/moved
            test "$(rclone lsf -R --files-only $B | wc -l)" = 4
            rclone copy $B/tree back
            diff -r tree back
            rclone purge $B/tree
            rclone rmdir $B
            ! rclone lsd $1: | grep " rclone-$1$" > /dev/null
            """,
            remote
        );
    }

    [Theory]
    [InlineData("other")]
    [InlineData("minio")]
    public async Task Modification_times_survive(string remote)
    {
        await shell.Run(
            """
            rclone mkdir $1:rclone-times-$1
            echo x > file; touch -d '2020-02-02T02:02:02.123456789Z' file
            rclone copy file $1:rclone-times-$1
            rclone lsl $1:rclone-times-$1 | grep '2020-02-02 02:02:02.123456789' > /dev/null
            touch -d '2021-01-01T00:00:00Z' file
            rclone copy file $1:rclone-times-$1
            rclone lsl $1:rclone-times-$1 | grep '2021-01-01' > /dev/null
            """,
            remote
        );
    }
}
