using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;

namespace Varve.Api.Tests.S3;

public sealed class ListMultipartUploadsTests(S3Host host)
{
    [Fact]
    public async Task Open_uploads_come_in_pages()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        var uploads = new List<OpenUpload>();
        foreach (var path in new[] { "a", "a", "b/1", "b/2", "c" }.Select(key => $"/{bucket}/{key}"))
            uploads.Add(new(raw, path, (await raw.Send("POST", $"{path}?uploads")).Element("UploadId")!));

        var all = await raw.Send("GET", $"/{bucket}?uploads");
        Assert.Equal(["a", "a", "b/1", "b/2", "c"], all.Elements("Key"));
        Assert.Equal(uploads.Select(u => u.Id).Order(), all.Elements("UploadId").Order());
        var folded = await raw.Send("GET", $"/{bucket}?uploads&delimiter=/");
        Assert.Equal(["a", "a", "c"], folded.Elements("Key"));

        var (seen, marker) = (new List<string>(), "");
        do
        {
            var page = await raw.Send("GET", $"/{bucket}?uploads&max-uploads=1{marker}");
            seen.AddRange(page.Elements("UploadId"));
            marker =
                page.Element("IsTruncated") == "true"
                    ? $"&key-marker={Uri.EscapeDataString(page.Element("NextKeyMarker")!)}&upload-id-marker={page.Element("NextUploadIdMarker")}"
                    : null;
        } while (marker is not null);
        Assert.Equal(all.Elements("UploadId"), seen);

        await uploads[0].Abort();
        Assert.Equal(4, (await raw.Send("GET", $"/{bucket}?uploads")).Elements("UploadId").Count);
    }

    [Fact]
    public async Task A_listing_tells_what_was_asked_for_at_the_begin()
    {
        var bucket = await host.NewBucket();
        var raw = host.Raw("ana");
        await raw.Send("POST", $"/{bucket}/a?uploads");
        await raw.Send(
            "POST",
            $"/{bucket}/b?uploads",
            null,
            ("x-amz-storage-class", "GLACIER"),
            ("x-amz-checksum-algorithm", "SHA256"),
            ("x-amz-checksum-type", "COMPOSITE")
        );
        var all = await raw.Send("GET", $"/{bucket}?uploads");
        Assert.Equal(["STANDARD", "GLACIER"], all.Elements("StorageClass"));
        Assert.Equal("SHA256", all.Elements("ChecksumAlgorithm")[^1]);
        Assert.Equal("COMPOSITE", all.Elements("ChecksumType")[^1]);
    }

    [Fact]
    public async Task Uploads_begun_by_rest_are_not_shown()
    {
        var bucket = await host.NewBucket();
        var context = host.Varve.Context("ana");
        var id = new ObjectId(BucketName.Parse(bucket), ObjectKey.Parse("k"));
        var plan = UploadPlan.For(new string('0', 40), fileSize: 5);
        await host.Varve.Run(
            new UploadCommand.Init(
                context,
                context.Id.ToString("N"),
                id,
                ObjectAttributes.None,
                ChecksumAlgorithm: null,
                ChecksumType: null,
                plan
            ),
            TestContext.Current.CancellationToken
        );
        Assert.Empty((await host.Raw("ana").Send("GET", $"/{bucket}?uploads")).Elements("UploadId"));
    }
}
