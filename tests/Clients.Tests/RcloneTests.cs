namespace Varve.Clients.Tests;

/// <summary>Debian's rclone: as provider Other and as Minio, path-style, and as AWS itself, with none of the quirks
/// that rclone keeps for stores that are not quite S3 and with buckets as hosts.</summary>
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

    [Fact]
    public async Task As_provider_AWS_a_tree_is_copied_checked_synced_and_its_versions_are_listed()
    {
        await shell.RunByName(
            ["rclone-aws"],
            """
            B=aws:rclone-aws
            rclone mkdir $B
            mkdir -p 'tree/a b/c+d'; echo 1 > tree/1; echo 2 > 'tree/a b/2%2F'; echo 3 > 'tree/a b/c+d/雪'
            for size in 0 5242879 5242880 5242881 104857600; do head -c $size /dev/urandom > tree/$size; done
            rclone copy --s3-upload-cutoff 50M tree $B/tree
            rclone check tree $B/tree
            rclone check --download tree $B/tree
            rclone copy $B/tree back
            diff -r tree back
            rm tree/104857600
            test "$(rclone size --json $B | jq .count)" = 8

            rclone copy --metadata --metadata-set colour=blue --metadata-set content-type=text/x-y tree/1 $B/meta
            rclone lsjson --stat --metadata $B/meta/1 > meta
            jq -e '.MimeType == "text/x-y" and .Metadata.colour == "blue" and .Metadata.mode == "100644"' meta
            rclone copy --metadata $B/meta/1 back-meta
            cmp tree/1 back-meta/1

            rclone backend versioning $B Enabled
            echo new > tree/1
            rclone sync tree $B/tree
            rclone check tree $B/tree
            rclone deletefile $B/tree/1
            rclone lsf --s3-versions $B/tree | grep -E '^1-v[0-9-]+$' > versions
            test "$(wc -l < versions)" = 2
            rclone copy --s3-versions $B/tree back-versions
            test "$(cd back-versions && cat $(cat ../versions) | tr '\n' ' ')" = '1 new '
            rclone backend cleanup-hidden $B
            test "$(rclone lsf --s3-versions $B/tree | grep -c '^1')" = 0 || exit 1
            rclone purge $B
            """
        );
    }

    [Fact]
    public async Task As_provider_AWS_an_interrupted_upload_is_cleaned_up_and_a_past_state_is_synced_from()
    {
        await shell.RunByName(
            ["rclone-cut"],
            """
            B=aws:rclone-cut
            rclone mkdir $B
            head -c 30000000 /dev/urandom > large
            rclone copyto --bwlimit 6M --s3-upload-cutoff 5M --s3-chunk-size 5M large $B/large & copy=$!
            open() { rclone backend list-multipart-uploads $B | jq '."rclone-cut" | length'; }
            until [ "$(open)" = 1 ]; do kill -0 $copy; done
            kill -KILL $copy
            wait $copy || true
            test "$(open)" = 1
            rclone backend cleanup -o max-age=1s $B
            until [ "$(open)" = 0 ]; do rclone backend cleanup -o max-age=1s $B; done
            rclone copyto --s3-upload-cutoff 5M --s3-chunk-size 5M large $B/large
            rclone cat $B/large | cmp - large
            rclone purge $B
            """
        );
    }
}
