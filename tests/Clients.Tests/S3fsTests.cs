namespace Varve.Clients.Tests;

/// <summary>Debian's s3fs. Where the machine has no FUSE the test asserts that s3fs says so itself.</summary>
public sealed class S3fsTests(SharedServer server) : IDisposable
{
    readonly Shell shell = new(server.Process);

    public void Dispose() => shell.Dispose();

    [Fact]
    public async Task A_bucket_is_mounted_written_read_renamed_in_and_unmounted()
    {
        await shell.RunByName(
            ["s3fs-mounted"],
            """
            aws() { /usr/bin/aws --endpoint-url "$S3" "$@"; }
            aws s3 mb s3://s3fs-mounted
            mkdir mount
            if [ ! -e /dev/fuse ]; then
              ! s3fs s3fs-mounted mount -f -o url=$S3_BY_NAME 2> error
              grep 'fuse: device not found' error
              exit 0
            fi
            on() { s3fs s3fs-mounted mount -o url=$S3_BY_NAME; mountpoint mount; }
            on
            mkdir -p mount/d/e 'mount/a b'
            printf hello > 'mount/a b/+%é.txt'
            : > mount/empty
            head -c 31457281 /dev/urandom > large
            cp large mount/large
            cmp large mount/large
            printf x >> mount/large
            printf x >> large
            mv mount/d mount/moved
            mv mount/large mount/moved/e/large
            chmod 640 mount/empty
            touch -d '2020-02-02T02:02:02Z' mount/empty
            ln -s empty mount/link
            umount mount
            ! mountpoint mount || exit 1

            on
            cmp large mount/moved/e/large
            test "$(cat 'mount/a b/+%é.txt')" = hello
            test "$(stat -c '%a %s %Y' mount/empty)" = '640 0 1580608922'
            test "$(readlink mount/link)" = empty
            test "$(ls mount | sort | tr '\n' ' ')" = 'a b empty link moved '
            aws s3 cp --quiet s3://s3fs-mounted/moved/e/large back
            cmp large back
            dd if=mount/moved/e/large of=piece bs=1M skip=9 count=2 status=none
            cmp piece <(tail -c +9437185 large | head -c 2097152)
            rm -r mount/moved 'mount/a b'
            umount mount
            test "$(aws s3api list-objects-v2 --bucket s3fs-mounted --query 'Contents[].Key' --output text)" \
              = $'empty\tlink'
            """
        );
    }
}
