using Varve.EventStores;
using Varve.Projections.Transparency;

namespace Varve.Projections.Tests.Transparency;

public sealed class LogCheckTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_log_that_nobody_touched_is_what_was_signed()
    {
        await using var log = new AuditedLog();
        var older = await log.Grow(700);
        await log.Grow(444);
        var verdict = await log.Check(older);
        Assert.Null(verdict.Fault);
        Assert.Equal((1_030, new Position(1_144)), (verdict.Size, verdict.Head));
    }

    /// <summary>One byte of one column.</summary>
    [Theory]
    [InlineData("UPDATE events SET data = CAST(replace(CAST(data AS TEXT), 'n', 'o') AS BLOB) WHERE position = 333")]
    [InlineData("UPDATE events SET metadata = CAST('{\"by\":\"anb\"}' AS BLOB) WHERE position = 333")]
    [InlineData("UPDATE events SET type = 'ObjectPus' WHERE position = 333")]
    [InlineData("UPDATE events SET created = created + 1 WHERE position = 333")]
    [InlineData("UPDATE events SET revision = revision + 100000 WHERE position = 333")]
    [InlineData("UPDATE events SET id = randomblob(16) WHERE position = 333")]
    [InlineData("UPDATE events SET position = 100000 WHERE position = 333")]
    [InlineData("UPDATE events SET stream = 1000000 WHERE position = 333")]
    [InlineData("DELETE FROM events WHERE position >= 333")]
    [InlineData("DELETE FROM events WHERE position = 333")]
    public async Task A_change_is_found_and_its_position_named(string change)
    {
        await using var log = new AuditedLog();
        await log.Grow(700);
        await log.Sql(change);
        Assert.Equal(new Position(333), (await log.Check()).At);
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_a_finding()
    {
        await using var log = new AuditedLog();
        await log.Grow(700);
        await log.Sql("UPDATE events SET id = randomblob(7) WHERE position = 333");
        Assert.NotNull((await log.Check()).Fault);
    }

    [Fact]
    public async Task A_stream_with_another_name_is_found_at_its_first_event()
    {
        await using var log = new AuditedLog();
        await log.Grow(700);
        await log.Sql("UPDATE streams SET name = 'object-photos/X' WHERE name = 'object-photos/3'");
        var first = await log.Sql(
            "SELECT min(position) FROM events WHERE stream = (SELECT id FROM streams WHERE name = 'object-photos/X')"
        );
        Assert.Equal(new Position(first), (await log.Check()).At);
    }

    [Fact]
    public async Task An_event_that_was_put_in_is_found()
    {
        await using var log = new AuditedLog();
        await log.Grow(700);
        await log.Sql("DELETE FROM events WHERE position = 333");
        await log.Sql(
            "INSERT INTO events SELECT 333, stream, revision + 100000, randomblob(16), type, created, data, metadata, "
                + "json FROM events WHERE position = 334"
        );
        Assert.Equal(new Position(333), (await log.Check()).At);
    }

    [Fact]
    public async Task A_file_that_was_changed_is_told_from_a_log_that_was()
    {
        await using var log = new AuditedLog();
        await log.Grow(66_000 * 10 / 9);
        foreach (var tile in (string[])["tile/0/100", "tile/1/000", "tile/entries/200", "tile/2/000.p/1"])
        {
            var path = Path.Combine(log.Audit.Root, tile);
            var bytes = File.ReadAllBytes(path);
            bytes[20] ^= 1;
            File.WriteAllBytes(path, bytes);
            Assert.NotNull((await log.Check()).Fault);
            bytes[20] ^= 1;
            File.WriteAllBytes(path, bytes);
        }
        Assert.Null((await log.Check()).Fault);
    }

    [Fact]
    public async Task History_written_anew_with_its_tree_is_found_by_an_older_checkpoint()
    {
        await using var log = new AuditedLog();
        var older = await log.Grow(700);
        await log.Sql("UPDATE events SET data = CAST('{}' AS BLOB) WHERE position = 333");
        Directory.Delete(Path.Combine(log.Audit.Root, "tile"), recursive: true);
        File.Delete(log.Audit.Checkpoint);
        await log.Grow(100);
        Assert.Null((await log.Check()).Fault); // who holds the key can do that, and only what was kept elsewhere tells
        Assert.Contains("rewritten", (await log.Check(older)).Fault, StringComparison.Ordinal);
        Assert.Throws<AuditException>(() => Prover.Open(log.Audit).Consistency(older.Note));
    }

    [Fact]
    public async Task A_proof_outlives_the_log_and_the_data()
    {
        await using var log = new AuditedLog();
        var signed = await log.Grow(700);
        await log.Close();
        await log.Sql("UPDATE events SET data = NULL, metadata = NULL");
        var proof = TlogProof.Parse($"{Prover.Open(log.Audit).Inclusion(new(333))}");
        Assert.True(proof.Holds(SignedCheckpoint.Open(proof.Checkpoint, log.Audit.ReadKey()).Checkpoint, proof.Extra));
        Assert.Equal(signed.Note, proof.Checkpoint);
    }

    [Fact]
    public async Task What_others_are_given_shows_neither_names_nor_data()
    {
        await using var log = new AuditedLog();
        await log.Grow(700);
        var bundle = await File.ReadAllTextAsync(Path.Combine(log.Audit.Root, "tile/entries/000"), Cancel);
        Assert.DoesNotContain("photos", bundle, StringComparison.Ordinal);
        Assert.DoesNotContain("ObjectPut", bundle, StringComparison.Ordinal);
        Assert.DoesNotContain("number", bundle, StringComparison.Ordinal);
    }
}
