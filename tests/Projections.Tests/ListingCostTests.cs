using Varve.EventStores;
using Varve.Projections.Databases;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

/// <summary>What pages cost, in statements and rows of SQLite.</summary>
public sealed class ListingCostTests
{
    [Fact]
    public async Task A_listing_reads_by_the_page_and_not_by_the_bucket()
    {
        await using var live = await LiveReadModels.Start(new SqliteReadStore());
        for (var i = 0; i < 100_000; i++)
            live.Store.Write($"object-big/dir{i % 2}/{i:D6}", Put("x"));
        live.Store.Write("object-big/last", Put("x"));
        await live.CaughtUp();
        await live.Read.ListObjects(new("big", "", "/", "", 1), Cancel);
        var (statements, rows) = (ReadersOf(live).Executions, ReadersOf(live).RowsRead);

        var page = await live.Read.ListObjects(new("big", "", "/", "", 1000), Cancel);

        Assert.Equal(["dir0/", "dir1/", "last"], page.CommonPrefixes.Concat(page.Objects.Select(o => o.Key)));
        Assert.InRange(ReadersOf(live).Executions - statements, 1, 4);
        Assert.InRange(ReadersOf(live).RowsRead - rows, 1, 40);

        rows = ReadersOf(live).RowsRead;
        page = await live.Read.ListObjects(new("big", "dir1/05", "", "", 1000), Cancel);
        Assert.Equal(1000, page.Objects.Count);
        Assert.InRange(ReadersOf(live).RowsRead - rows, 1000, 1002);
    }

    [Fact]
    public async Task A_page_of_the_past_costs_by_its_names_and_not_by_their_versions()
    {
        await using var live = await LiveReadModels.Start(new SqliteReadStore());
        for (var version = 0; version < 10; version++)
        for (var i = 0; i < 3_000; i++)
            live.Store.Write($"object-big/dir{i / 1000}/{i:D6}", Put("x"));
        await live.CaughtUp();
        var middle = new Position(live.Store.Last.Value / 2);
        var rows = ReadersOf(live).RowsRead;

        var page = await live.Read.ListObjectsAsOf(new("big", "", "", "", 1000), middle, Cancel);

        Assert.Equal(1000, page.Objects.Count);
        Assert.True(page.Truncated);
        Assert.InRange(ReadersOf(live).RowsRead - rows, 1000, 1010);

        rows = ReadersOf(live).RowsRead;
        page = await live.Read.ListObjectsAsOf(new("big", "", "/", "", 1000), middle, Cancel);
        Assert.Equal(["dir0/", "dir1/", "dir2/"], page.CommonPrefixes);
        Assert.InRange(ReadersOf(live).RowsRead - rows, 1, 50);
    }

    static SessionPool ReadersOf(LiveReadModels live) => ((CurrentReadDatabase)live.Database).Database.Readers;
}
