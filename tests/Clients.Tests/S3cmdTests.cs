namespace Varve.Clients.Tests;

/// <summary>Debian's s3cmd: SigV4, MD5 of its own, buckets as hosts, parts of 15 MiB, deletes by documents.</summary>
public sealed class S3cmdTests(SharedServer server) : IDisposable
{
    const string Configure = """
        port=${S3##*:}
        printf '%s\n' [default] "access_key = $AWS_ACCESS_KEY_ID" "secret_key = $AWS_SECRET_ACCESS_KEY" \
          "host_base = s3.test:$port" "host_bucket = %(bucket)s.s3.test:$port" 'use_https = False' > "$HOME/.s3cfg"

        """;

    readonly Shell shell = new(server.Process);

    public void Dispose() => shell.Dispose();

    Task<string> Run(string bucket, string script, params string[] arguments) =>
        shell.RunByName([bucket], $"{Configure}B=s3://{bucket}\n{script}", arguments);

    [Fact]
    public async Task Files_of_every_size_come_back_as_they_went()
    {
        await Run(
            "s3cmd-sizes",
            """
            s3cmd mb $B
            s3cmd ls | grep " $B$" > /dev/null
            for size in 0 1 5242879 5242880 5242881 104857600; do
              head -c $size /dev/urandom > file
              s3cmd put --no-progress file $B/$size
              s3cmd get --no-progress --force $B/$size back
              cmp file back
              s3cmd ls $B/$size | grep " $size  *$B/$size$" > /dev/null
            done
            s3cmd info $B/104857600 | grep "MD5 sum: *$(md5sum < file | cut -d' ' -f1)$" > /dev/null
            test "$(s3cmd du $B | awk '{ print $1 }')" = 120586241
            ! s3cmd rb $B 2> error
            grep BucketNotEmpty error
            s3cmd rm --recursive --force $B
            s3cmd rb $B
            """
        );
    }

    [Fact]
    public async Task An_interrupted_upload_is_listed_resumed_and_aborted()
    {
        await Run(
            "s3cmd-resumed",
            """
            s3cmd mb $B
            head -c 36000000 /dev/urandom > file
            begun() { s3cmd multipart $B | awk '/s3cmd-resumed\/file/ { print $3 }'; }
            s3cmd put --limit-rate=12m --multipart-chunk-size-mb=5 file $B/file & put=$!
            parts() { id=$(begun); [ -n "$id" ] && s3cmd listmp $B/file $id | grep -c ^20; }
            until [ "$(parts || true)" -ge 2 ] 2> /dev/null; do kill -0 $put; done
            kill -KILL $put
            wait $put || true
            kept=$(parts)
            s3cmd put --no-progress --continue-put --upload-id=$(begun) --multipart-chunk-size-mb=5 file $B/file > said
            test "$(grep -c 'skipping it' said)" -ge $kept || cat said
            s3cmd get --no-progress $B/file back
            cmp file back
            test -z "$(begun)"

            aws --endpoint-url "$S3" s3api create-multipart-upload --bucket s3cmd-resumed --key file
            s3cmd abortmp $B/file $(begun)
            test -z "$(begun)"
            """
        );
    }

    [Fact]
    public async Task Odd_keys_are_put_listed_read_moved_and_deleted()
    {
        await Run(
            "s3cmd-odd",
            """
            s3cmd mb $B
            for key; do
              printf %s "$key" > file
              s3cmd put --no-progress file "$B/$key"
              s3cmd get --no-progress --force "$B/$key" back
              cmp file back
            done
            s3cmd ls --recursive $B | sed 's,^.* s3://s3cmd-odd/,,' | sort > listed
            printf '%s\n' "$@" | sort | cmp - listed
            s3cmd cp "$B/$1" "$B/copied +%20"
            s3cmd mv "$B/copied +%20" "$B/moved"
            s3cmd get --no-progress --force $B/moved back
            printf %s "$1" | cmp - back
            s3cmd rm "${@/#/$B/}" > /dev/null
            test "$(s3cmd ls --recursive $B | wc -l)" = 1
            """,
            // s3cmd strips blanks at the ends, and of a key with a slash at its end it makes a folder.
            [.. OddKeys.All.Select(row => row.Data).Where(key => key.Trim() == key && !key.EndsWith('/'))]
        );
    }

    [Fact]
    public async Task A_tree_is_synced_there_and_back()
    {
        await Run(
            "s3cmd-sync",
            """
            s3cmd mb $B
            mkdir -p 'from/a b' to; echo 1 > 'from/a b/+%é"&.txt'; echo 2 > from/雪; : > from/empty
            s3cmd sync from/ $B/tree/
            s3cmd sync $B/tree/ to/
            diff -r from to
            rm from/雪; echo changed > from/empty
            s3cmd sync --delete-removed from/ $B/tree/
            s3cmd sync --delete-removed $B/tree/ to/
            diff -r from to
            s3cmd modify --add-header='Content-Type: text/x-y' --add-header='x-amz-meta-a: b' $B/tree/empty
            s3cmd info $B/tree/empty > info
            grep 'MIME type: *text/x-y' info
            grep 'x-amz-meta-a: b' info
            """
        );
    }

    [Fact]
    public async Task Lists_policies_origins_and_lifecycles_are_set_shown_and_taken_away()
    {
        await Run(
            "s3cmd-access",
            """
            s3cmd mb $B
            echo x > file
            s3cmd put file $B/k
            status() { curl -s -o /dev/null -w '%{http_code}' "$S3/s3cmd-access/k"; }
            test $(status) = 403
            s3cmd setacl --acl-public $B/k
            test $(status) = 200
            s3cmd setacl --acl-private $B/k
            test $(status) = 403
            s3cmd put --acl-public file $B/k
            s3cmd info $B/k | grep 'ACL: *\*anon\*: READ'
            s3cmd setacl --acl-private $B/k

            cat > policy <<P
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",
             "Resource":"arn:aws:s3:::s3cmd-access/*"}]}
            P
            s3cmd setpolicy policy $B
            s3cmd info $B | grep 's3:GetObject'
            test $(status) = 200
            s3cmd delpolicy $B
            test $(status) = 403

            cat > cors <<P
            <CORSConfiguration><CORSRule><AllowedOrigin>https://a.example</AllowedOrigin>
            <AllowedMethod>GET</AllowedMethod><ExposeHeader>ETag</ExposeHeader></CORSRule></CORSConfiguration>
            P
            s3cmd setcors cors $B
            s3cmd info $B | grep 'https://a.example'
            curl -s -D - -o /dev/null -H 'Origin: https://a.example' "$S3/s3cmd-access/k" \
              | grep -i '^access-control-allow-origin: https://a.example'
            s3cmd delcors $B

            s3cmd expire --expiry-days=3 --expiry-prefix=x/ $B
            s3cmd getlifecycle $B | grep '<Days>3</Days>'
            s3cmd dellifecycle $B
            s3cmd info $B > info
            grep 'Policy: *none' info
            grep 'CORS: *none' info
            grep 'Expiration Rule: *none' info
            grep 'ACL: *varveroot: FULL_CONTROL' info
            """
        );
    }

    /// <summary>s3cmd signs URLs in version 2 alone.</summary>
    [Fact]
    public async Task A_signed_URL_works_in_plain_curl_until_it_is_changed()
    {
        await Run(
            "s3cmd-signed",
            """
            s3cmd mb $B
            echo hello > file
            s3cmd put file "$B/a b+c"
            url=$(s3cmd signurl "$B/a b+c" +60)
            test "$(curl -fsS "$url")" = hello
            test "$(curl -sS -o /dev/null -w '%{http_code}' "$url&tagging")" = 403
            test "$(curl -sS -o /dev/null -w '%{http_code}' "${url/a%20b/a%20c}")" = 403
            """
        );
    }
}
