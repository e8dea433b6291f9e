namespace Varve.Clients.Tests;

/// <summary>Debian's aws-cli, unmodified.</summary>
public sealed class AwsCliTests(SharedServer server) : IDisposable
{
    const string Aws = """aws() { /usr/bin/aws --endpoint-url "$S3" "$@"; }; """;
    readonly Shell shell = new(server.Process);

    public void Dispose() => shell.Dispose();

    Task<string> Run(string script, params string[] arguments) => shell.Run(Aws + script, arguments);

    [Fact]
    public async Task A_bucket_is_made_listed_and_removed()
    {
        await Run(
            """
            aws s3 mb s3://cli-buckets
            aws s3 ls | grep ' cli-buckets$' > /dev/null
            aws s3api head-bucket --bucket cli-buckets
            aws s3api get-bucket-location --bucket cli-buckets
            aws s3 rb s3://cli-buckets
            ! aws s3api head-bucket --bucket cli-buckets 2> error
            grep -q 404 error
            """
        );
    }

    [Fact]
    public async Task A_bucket_with_an_object_in_it_stays()
    {
        await Run(
            """
            aws s3 mb s3://cli-full
            echo x | aws s3 cp - s3://cli-full/x
            ! aws s3 rb s3://cli-full 2> error
            grep -q BucketNotEmpty error
            aws s3 rb --force s3://cli-full
            """
        );
    }

    [Fact]
    public async Task The_past_is_a_bucket_to_list_to_fetch_and_to_sync_from()
    {
        await Run(
            """
            aws s3 mb s3://cli-past
            mkdir tree tree/d
            echo one > tree/a
            echo two > tree/d/b
            head -c 9000000 /dev/urandom > tree/large
            aws s3 sync --quiet tree s3://cli-past
            past=cli-past--at-$(date -u +%Y%m%dt%H%M%Sz)
            sleep 1.1
            echo changed > tree/a.new
            aws s3 cp --quiet tree/a.new s3://cli-past/a
            aws s3 rm --quiet --recursive s3://cli-past --exclude a

            aws s3 ls s3://$past/ | grep 'PRE d/' > /dev/null
            test "$(aws s3 ls --recursive s3://$past/ | wc -l)" = 3
            aws s3 cp --quiet s3://$past/a back
            cmp tree/a back
            ! aws s3 cp tree/a s3://$past/a 2> error
            grep -q MethodNotAllowed error
            ! aws s3 mb s3://$past 2> error
            grep -q InvalidBucketName error
            aws s3 ls > buckets
            ! grep -e --at- buckets || exit 1

            aws s3 sync --quiet s3://$past s3://cli-past
            mkdir restored
            aws s3 sync --quiet s3://cli-past restored
            rm tree/a.new
            diff -r tree restored
            """
        );
    }

    [Fact]
    public async Task Files_of_every_size_come_back_as_they_went()
    {
        await Run(
            """
            aws s3 mb s3://cli-sizes
            for size in 0 1 4096 262144 262145 5242879 5242880 5242881 8388608 8388609; do
              head -c $size /dev/urandom > file
              aws s3 cp --quiet file s3://cli-sizes/$size
              aws s3 cp --quiet s3://cli-sizes/$size back
              cmp file back
              test "$(aws s3api head-object --bucket cli-sizes --key $size --query ContentLength)" = $size
            done
            """
        );
    }

    [Fact]
    public async Task A_hundred_MiB_go_up_in_parts_and_come_down_whole()
    {
        await Run(
            """
            aws s3 mb s3://cli-large
            head -c 104857600 /dev/urandom > large
            aws s3 cp --quiet large s3://cli-large/large
            aws s3api head-object --bucket cli-large --key large --query ETag | grep -- '-13' > /dev/null
            aws s3 cp --quiet s3://cli-large/large back
            cmp large back
            aws s3 cp --no-progress s3://cli-large/large s3://cli-large/copy
            aws s3 cp --quiet s3://cli-large/copy back
            cmp large back
            aws s3api get-object --bucket cli-large --key large --range bytes=5242870-15728650 piece > /dev/null
            cmp piece <(tail -c +5242871 large | head -c 10485781)
            """
        );
    }

    [Fact]
    public async Task Sync_copies_what_changed_and_deletes_what_is_gone()
    {
        await Run(
            """
            aws s3 mb s3://cli-sync
            mkdir -p from/a/b; echo 1 > from/1; echo 2 > from/a/2; echo 3 > 'from/a/b/3 +%.txt'; echo 4 > from/雪
            aws s3 sync from s3://cli-sync/tree
            aws s3 sync s3://cli-sync/tree to
            diff -r from to
            rm from/1; echo changed, and longer > from/a/2
            touch -d '1 minute ago' from/a/2 # an object's time is in whole seconds, as S3's
            aws s3 sync --delete from s3://cli-sync/tree
            aws s3 sync --delete s3://cli-sync/tree to
            diff -r from to
            test -z "$(aws s3 sync from s3://cli-sync/tree)"
            test "$(aws s3 ls --recursive s3://cli-sync/ | wc -l)" = 3
            aws s3 ls s3://cli-sync/tree/ | grep 'PRE a/' > /dev/null
            aws s3 mv s3://cli-sync/tree/a/2 s3://cli-sync/moved
            aws s3 rm --recursive s3://cli-sync/
            test -z "$(aws s3 ls --recursive s3://cli-sync/)"
            """
        );
    }

    /// <summary>All in one bucket, since each start of aws-cli takes half a second.</summary>
    [Fact]
    public async Task Odd_keys_are_put_listed_read_copied_and_deleted()
    {
        string[] keys = [.. OddKeys.All.Select(row => row.Data)];
        await Run(
            """
            aws s3 mb s3://cli-odd
            put() { printf '%s' "$1" > "$2"; aws s3api put-object --bucket cli-odd --key "$1" --body "$2" > "$2.out"; }
            get() { aws s3api get-object --bucket cli-odd --key "$1" "$2.back" > "$2.out"; cmp "$2" "$2.back"; }
            both() { local i; for ((i = 2; i < $#; i += 2)); do
              $1 "${@:i:1}" $i & $1 "${@:i+1:1}" $((i + 1)); wait $!; done; (($# % 2)) || $1 "${@:$#:1}" $#; }
            both put "$@"
            jq -n '$ARGS.positional | sort' --args "$@" > keys
            for v in list-objects list-objects-v2; do
              aws s3api $v --bucket cli-odd | jq '[.Contents[].Key] | sort' | cmp - keys
            done
            both get "$@"
            for key in "${@: -3}" 'a/../b' 'question?x=1&y=2#hash'; do
              aws s3api copy-object --bucket cli-odd --key copy --copy-source "cli-odd/$key" > out
              test "$(aws s3 cp s3://cli-odd/copy -)" = "$key"
            done
            jq '{Quiet: false, Objects: map({Key: .})}' keys > delete
            aws s3api delete-objects --bucket cli-odd --delete file://delete | jq -e ".Deleted | length == $#"
            test "$(aws s3api list-objects-v2 --bucket cli-odd --query 'Contents[].Key' --output text)" = copy
            """,
            keys
        );
    }

    [Fact]
    public async Task Metadata_and_headers_come_back()
    {
        await Run(
            """
            aws s3 mb s3://cli-meta
            echo x > file
            aws s3api put-object --bucket cli-meta --key k --body file --metadata colour=blue,Size=Large \
              --content-type text/x-test --cache-control max-age=9 --content-disposition attachment \
              --content-language de --content-encoding identity --expires 2030-01-01T00:00:00Z \
              --content-md5 "$(openssl md5 -binary file | base64)" > /dev/null
            aws s3api head-object --bucket cli-meta --key k > head
            jq -e '.Metadata.colour == "blue" and .Metadata.size == "Large" and .ContentType == "text/x-test"' head
            jq -e '.CacheControl == "max-age=9" and .ContentDisposition == "attachment"' head
            jq -e '.ContentLanguage == "de" and .ContentEncoding == "identity"' head
            aws s3api copy-object --bucket cli-meta --key k2 --copy-source cli-meta/k --metadata a=b \
              --metadata-directive REPLACE > /dev/null
            aws s3api head-object --bucket cli-meta --key k2 | jq -e '.Metadata == {a: "b"}'
            """
        );
    }

    [Fact]
    public async Task Listings_page_and_fold()
    {
        await Run(
            """
            aws s3 mb s3://cli-list
            mkdir -p tree/{a,b,c}; for d in a b c; do for i in 1 2 3 4 5; do echo $d > tree/$d/$i; done; done
            echo > tree/top
            aws s3 sync --quiet tree s3://cli-list
            for v in list-objects list-objects-v2; do
              test "$(aws s3api $v --bucket cli-list --page-size 4 --query 'length(Contents)')" = 16
              aws s3api $v --bucket cli-list --delimiter / > page
              jq -e '[.CommonPrefixes[].Prefix] == ["a/", "b/", "c/"] and [.Contents[].Key] == ["top"]' page
              aws s3api $v --bucket cli-list --prefix b/ --delimiter / | jq -e '.Contents | length == 5'
            done
            aws s3api list-objects-v2 --bucket cli-list --start-after b/3 | jq -e '.Contents[0].Key == "b/4"'
            aws s3api delete-objects --bucket cli-list --delete 'Objects=[{Key=a/1},{Key=a/2},{Key=none}]' \
              | jq -e '.Deleted | length == 3'
            test "$(aws s3api list-objects-v2 --bucket cli-list --query 'length(Contents)')" = 14
            """
        );
    }

    [Fact]
    public async Task Multipart_calls_work_one_by_one()
    {
        await Run(
            """
            aws s3 mb s3://cli-parts
            head -c 5242880 /dev/urandom > one; head -c 1000 /dev/urandom > two
            ID=$(aws s3api create-multipart-upload --bucket cli-parts --key k --query UploadId --output text)
            ABORTED=$(aws s3api create-multipart-upload --bucket cli-parts --key j --query UploadId --output text)
            part() { aws s3api upload-part --bucket cli-parts --key k --upload-id "$ID" --part-number $1 --body $2 \
              --query ETag --output text; }
            TWO=$(part 2 two); ONE=$(part 1 one)
            aws s3api list-parts --bucket cli-parts --key k --upload-id "$ID" \
              | jq -e '[.Parts[].PartNumber] == [1, 2] and .Parts[0].Size == 5242880'
            aws s3api list-multipart-uploads --bucket cli-parts | jq -e '.Uploads | length == 2'
            aws s3api abort-multipart-upload --bucket cli-parts --key j --upload-id "$ABORTED"
            ! aws s3api list-parts --bucket cli-parts --key j --upload-id "$ABORTED" 2> error
            grep -q NoSuchUpload error
            complete() { aws s3api complete-multipart-upload --bucket cli-parts --key k --upload-id "$ID" \
              --multipart-upload "Parts=[{PartNumber=1,ETag=$ONE},{PartNumber=2,ETag=$TWO}]" --query ETag; }
            test "$(complete)" = "$(complete)"
            aws s3api get-object --bucket cli-parts --key k back > /dev/null
            cat one two | cmp - back
            COPY=$(aws s3api create-multipart-upload --bucket cli-parts --key c --query UploadId --output text)
            aws s3api upload-part-copy --bucket cli-parts --key c --upload-id "$COPY" --part-number 1 \
              --copy-source cli-parts/k --copy-source-range bytes=0-5242899 \
              --query CopyPartResult.ETag --output text > tag
            aws s3api complete-multipart-upload --bucket cli-parts --key c --upload-id "$COPY" \
              --multipart-upload "Parts=[{PartNumber=1,ETag=$(cat tag)}]" > /dev/null
            aws s3api get-object --bucket cli-parts --key c back > /dev/null
            cat one two | head -c 5242900 | cmp - back
            test "$(aws s3api list-multipart-uploads --bucket cli-parts --query 'length(Uploads || `[]`)')" = 0
            """
        );
    }

    [Fact]
    public async Task Conditional_reads_and_ranges_answer_as_S3_does()
    {
        await Run(
            """
            aws s3 mb s3://cli-if
            printf 0123456789 > file
            TAG=$(aws s3api put-object --bucket cli-if --key k --body file --query ETag --output text)
            get() { aws s3api get-object --bucket cli-if --key k "$@" back 2> error > head; }
            get --if-match "$TAG"; get --if-none-match '"other"'
            ! get --if-none-match "$TAG"; grep -q 304 error
            ! get --if-match '"other"'; grep -q PreconditionFailed error
            get --range bytes=2-4; test "$(cat back)" = 234
            get --range bytes=-3; test "$(cat back)" = 789
            get --range bytes=8-; test "$(cat back)" = 89
            ! get --range bytes=10-; grep -q InvalidRange error
            ! aws s3api get-object --bucket cli-if --key none back 2> error; grep -q NoSuchKey error
            ! aws s3api get-object --bucket cli-none --key none back 2> error; grep -q NoSuchBucket error
            ! AWS_SECRET_ACCESS_KEY=wrong aws s3 ls 2> error; grep -q SignatureDoesNotMatch error
            ! AWS_ACCESS_KEY_ID=nobody aws s3 ls 2> error; grep -q InvalidAccessKeyId error
            """
        );
    }

    [Fact]
    public async Task A_presigned_URL_works_in_plain_curl_until_it_is_changed()
    {
        await Run(
            """
            aws s3 mb s3://cli-presigned
            echo hello | aws s3 cp - 's3://cli-presigned/a b+c.txt'
            URL=$(aws s3 presign 's3://cli-presigned/a b+c.txt' --expires-in 60)
            test "$(curl -fsS "$URL")" = hello
            test "$(curl -fsS -r 1-3 "$URL")" = ell
            test "$(curl -sS -o /dev/null -w '%{http_code}' "${URL%?}0" | sed s/403/no/)" = no \
              || test "$(curl -sS -o /dev/null -w '%{http_code}' "${URL%?}1")" = 403
            test "$(curl -sS -o /dev/null -w '%{http_code}' "$S3/cli-presigned/a%20b%2Bc.txt")" = 403
            """
        );
    }
}
