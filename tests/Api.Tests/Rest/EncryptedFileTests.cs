using System.Buffers;
using System.Net;
using System.Security.Cryptography;
using Varve.Api.S3.Operations;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using Varve.Tiers;

namespace Varve.Api.Tests.Rest;

/// <summary>What S3 stored encrypted, seen by REST.</summary>
public sealed class EncryptedFileTests(RestServer server) : IClassFixture<RestServer>
{
    static readonly byte[] Bytes = RandomNumberGenerator.GetBytes(100_000);

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_file_under_the_server_s_key_is_read_as_it_came()
    {
        var user = await server.NewUser();
        var file = await Put(user, customerKey: null);
        var meta = await (await user.Get("/file/meta", ("filehash", file.Sha1))).Json();
        Assert.Equal(Bytes.Length, meta.GetProperty("FileSize").GetInt64());
        var whole = await user.Get("/file/download", ("filehash", file.Sha1));
        Assert.Equal(Bytes, await whole.Content.ReadAsByteArrayAsync(Cancel));
    }

    [Fact]
    public async Task A_file_under_a_customer_s_key_is_not_read()
    {
        var user = await server.NewUser();
        var file = await Put(user, RandomNumberGenerator.GetBytes(32));
        var refused = await user.Get("/file/download", ("filehash", file.Sha1));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    [Fact]
    public async Task An_encrypted_file_is_not_shared_and_comes_back_as_it_was()
    {
        var user = await server.NewUser();
        var file = await Put(user, customerKey: null);
        var fast = await user.Post(
            "/file/fastupload",
            ("filehash", file.Sha1),
            ("filesize", $"{file.Content.Size}"),
            ("filename", "again")
        );
        Assert.Equal(1, (await fast.Json()).GetProperty("code").GetInt32());

        await user.Post("/file/delete", ("filehash", file.Sha1));
        Assert.Equal(HttpStatusCode.OK, (await user.Post("/file/restore", ("filename", "secret"))).StatusCode);
        await user.Post("/file/update", ("op", "0"), ("filehash", file.Sha1), ("filename", "renamed"));
        var whole = await user.Get("/file/download", ("filehash", file.Sha1), ("filename", "renamed"));
        Assert.Equal(Bytes, await whole.Content.ReadAsByteArrayAsync(Cancel));
    }

    async Task<(string Sha1, Varve.Domain.Contents.ContentFacts Content)> Put(RestUser user, byte[]? customerKey)
    {
        var varve = server.Varve;
        var key = varve.Keys.New(customerKey);
        await using var taken = await TakenContent.Stage(
            varve,
            new OnePiece(),
            Seal.Of(key),
            md5: false,
            sha256: false,
            ChecksumAlgorithm.Crc32,
            sizeMax: Bytes.Length,
            Cancel
        );
        var content = await varve.Keep(taken.Staged, Cancel);
        await varve.Run(
            new ObjectCommand.Put(
                varve.Context(user.Name),
                new(BucketName.Parse(user.Name), ObjectKey.Parse("secret")),
                content,
                taken.ETag,
                ObjectAttributes.None,
                Checksum: null,
                ObjectOrigin.Put,
                Source: null,
                WriteCondition.None,
                Upload: null,
                key.Kept,
                taken.Size
            ),
            Cancel
        );
        return (content.Sha1, content);
    }

    sealed class OnePiece : IBodySource
    {
        bool given;

        public long? AnnouncedLength => Bytes.Length;

        public ValueTask<ReadOnlySequence<byte>> Next(CancellationToken cancel)
        {
            var piece = given ? default : new ReadOnlySequence<byte>(Bytes);
            given = true;
            return new(piece);
        }
    }
}
