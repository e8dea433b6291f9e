using System.Collections.Immutable;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Users;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public abstract class FilesContract(ReadStore store)
{
    [Fact]
    public async Task A_file_has_the_name_of_its_first_upload()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.StoreAndPut("photos", "first.jpg", "x");
        live.Store.Write("object-photos/second.jpg", Put("x"));
        await live.CaughtUp();

        var file = await live.Read.FindFile(Sha1("x"), Cancel);
        Assert.Equal(("first.jpg", "disk:x", Noon), (file!.FileName, file.Location, file.CreatedAt));
        Assert.Equal(Sha256("x"), file.Sha256);
    }

    [Fact]
    public async Task An_object_is_found_as_it_was_put()
    {
        await using var live = await LiveReadModels.Start(store);
        var attributes = new ObjectAttributes(
            "text/plain",
            ImmutableSortedDictionary<string, string>.Empty.Add("cache-control", "no-store"),
            ImmutableSortedDictionary<string, string>.Empty.Add("who", "ana")
        );
        var put = Put("x") with { Attributes = attributes };
        live.Store.Write($"content-{Sha256("x")}", Stored("x"), decoded: false);
        live.Store.Write("object-photos/a", put, decoded: false);
        live.Store.Write("object-photos/plain", Put("x") with { Checksum = null });
        await live.CaughtUp();

        var found = await live.Read.FindObject("photos", "a", Cancel);
        var (content, size) = (put.Content, put.Size);
        Assert.Equal(
            (put.VersionId, content, put.Sha1, size),
            (found!.VersionId, found.Content, found.Sha1, found.Size)
        );
        Assert.Equal((put.ETag, put.Checksum, put.At), (found.ETag, found.Checksum, found.LastModified));
        Assert.Equal(("photos", "a", "disk:x"), (found.Bucket, found.Key, found.Location));
        Assert.Equal("text/plain", found.Attributes.ContentType);
        Assert.Equal(attributes.Headers, found.Attributes.Headers);
        Assert.Equal(attributes.User, found.Attributes.User);
        var plain = await live.Read.FindObject("photos", "plain", Cancel);
        Assert.Equal((ObjectAttributes.None, null), (plain!.Attributes, plain.Checksum));
        Assert.Null(await live.Read.FindObject("photos", "b", Cancel));
        Assert.False(await live.Read.IsEmpty("photos", Cancel));
        Assert.True(await live.Read.IsEmpty("others", Cancel));
    }

    [Fact]
    public async Task A_purged_content_has_no_location_and_comes_back_when_it_is_stored_again()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.StoreAndPut("photos", "a", "x");
        live.Store.Write($"content-{Sha256("x")}", new ContentEvent.Purged(Noon));
        await live.CaughtUp();
        Assert.Null((await live.Read.FindObject("photos", "a", Cancel))!.Location);
        Assert.Null(await live.Read.FindFile(Sha1("x"), Cancel));

        live.Store.Write($"content-{Sha256("x")}", Stored("x", minute: 5));
        await live.CaughtUp();
        Assert.Equal("disk:x", (await live.Read.FindObject("photos", "a", Cancel))!.Location);
        Assert.Equal(Noon.AddMinutes(5), (await live.Read.FindFile(Sha1("x"), Cancel))!.UpdatedAt);
    }

    [Fact]
    public async Task Of_two_contents_with_one_sha1_the_first_is_the_file()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.Write($"content-{Sha256("x")}", Stored("x"));
        live.Store.Write($"content-{Sha256("y")}", Stored("y") with { Sha1 = Sha1("x") });
        await live.CaughtUp();
        Assert.Equal(Sha256("x"), (await live.Read.FindFile(Sha1("x"), Cancel))!.Sha256);
    }

    [Fact]
    public async Task A_user_s_file_lives_as_long_as_any_of_its_names()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.Write("user-ana", new UserEvent.SignedUp("ana", Noon));
        live.Store.StoreAndPut("ana", "one", "x");
        live.Store.Write("object-ana/two", Put("x", minute: 1));
        await live.CaughtUp();
        Assert.Equal("two", (await live.Read.FindUserFile("ana", Sha1("x"), Cancel))!.FileName);
        Assert.Equal(["one", "two"], await live.Read.NamesOf("ana", Sha1("x"), Cancel));

        live.Store.Write("object-ana/two", Deleted(minute: 2));
        await live.CaughtUp();
        var left = await live.Read.FindUserFile("ana", Sha1("x"), Cancel);
        Assert.Equal(("one", Noon, Noon.AddMinutes(2)), (left!.FileName, left.UploadAt, left.LastUpdate));

        live.Store.Write("object-ana/one", Put("y", minute: 3));
        await live.CaughtUp();
        Assert.Null(await live.Read.FindUserFile("ana", Sha1("x"), Cancel));
        Assert.True(await live.Read.HasHeld("ana", Sha1("x"), Cancel));
        Assert.False(await live.Read.HasHeld("bob", Sha1("x"), Cancel));
        Assert.Empty(await live.Read.NamesOf("ana", Sha1("x"), Cancel));
        Assert.Equal("one", (await live.Read.FindUserFile("ana", Sha1("y"), Cancel))!.FileName);
    }

    [Fact]
    public async Task Pages_of_a_user_s_files_joined_are_all_of_them_in_order_of_name()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.Write("user-ana", new UserEvent.SignedUp("ana", Noon));
        foreach (var name in (string[])["b", "a1", "a3", "a2", "ä"])
            live.Store.StoreAndPut("ana", name, name);
        await live.CaughtUp();

        var (names, cursor) = (new List<string>(), (string?)null);
        do
        {
            var page = await live.Read.ListUserFiles("ana", "", cursor, 2, Cancel);
            names.AddRange(page.Files.Select(file => file.FileName));
            cursor = page.Cursor;
        } while (cursor is not null);
        Assert.Equal(["a1", "a2", "a3", "b", "ä"], names);

        var some = await live.Read.ListUserFiles("ana", "a", null, 3, Cancel);
        Assert.Equal((3, null), (some.Files.Count, some.Cursor));
    }
}
