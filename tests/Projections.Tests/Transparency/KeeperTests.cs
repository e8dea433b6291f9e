using Varve.Projections.Transparency;

namespace Varve.Projections.Tests.Transparency;

public sealed class KeeperTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_tree_that_is_lost_is_built_again_byte_for_byte()
    {
        await using var log = new AuditedLog();
        await log.Grow(1_000);
        var signed = await log.Grow(500);
        var files = AuditedLog.Files(log.Audit);
        Directory.Delete(Path.Combine(log.Audit.Root, "tile"), recursive: true);
        Assert.Equal(signed.Note, (await log.Keeper().CatchUp(Cancel)).Note);
        var again = AuditedLog.Files(log.Audit);
        Assert.All(again, file => Assert.Equal(files[file.Key], file.Value));
        Assert.Null((await log.Check()).Fault);
    }

    [Fact]
    public async Task The_tree_has_the_events_of_Varve_and_no_others()
    {
        await using var log = new AuditedLog();
        Assert.Equal(0, (await log.Grow(0)).Size);
        Assert.Equal(900, (await log.Grow(1_000)).Size);
        Assert.Throws<AuditException>(() => Prover.Open(log.Audit).Inclusion(new(1_001)));
        var positions = 0;
        var prover = Prover.Open(log.Audit);
        await foreach (var recorded in log.Store.ReadAll(EventStores.Direction.Forwards, new(1), 1_000, Cancel))
            if (recorded.Stream == "foreign")
                Assert.Throws<AuditException>(() => prover.Inclusion(recorded.Position));
            else
            {
                var proof = prover.Inclusion(recorded.Position);
                Assert.Equal(EventEntry.Of(recorded), proof.Extra);
                positions++;
            }
        Assert.Equal(900, positions);
    }

    /// <summary>What a crash of the machine may do: whatever was not made durable before the checkpoint is gone, torn
    /// or full of zeros.</summary>
    [Fact]
    public async Task What_a_crash_leaves_is_made_whole()
    {
        await using var log = new AuditedLog();
        var dice = new Random(7);
        for (var round = 0; round < 12; round++)
        {
            var signed = await log.Grow(dice.Next(1, 700));
            var note = log.Audit.ReadCheckpoint()!;
            await log.Grow(dice.Next(0, 1_500));
            log.Audit.WriteCheckpoint(note); // the crash came before the second one
            var durable = signed.Size / Tile.Full;
            foreach (var path in AuditedLog.Files(log.Audit).Keys)
                if (!IsDurable(path, durable))
                    Spoil(Path.Combine(log.Audit.Root, path), dice);
            await log.Keeper().CatchUp(Cancel);
            Assert.Null((await log.Check(signed)).Fault);
        }
    }

    [Fact]
    public async Task A_proof_of_growth_joins_any_two_checkpoints()
    {
        await using var log = new AuditedLog();
        var notes = new List<SignedCheckpoint>();
        for (var i = 0; i < 8; i++)
            notes.Add(await log.Grow(1 + (i * i * 17)));
        var prover = Prover.Open(log.Audit);
        foreach (var older in notes)
            Assert.True(prover.Consistency(older.Note).Holds(older.Checkpoint, notes[^1].Checkpoint));
    }

    [Theory]
    [InlineData("UPDATE events SET data = CAST('{}' AS BLOB) WHERE position = 288")]
    [InlineData("DELETE FROM events WHERE position > 280")]
    public async Task Nothing_is_signed_that_contradicts_what_was_signed(string change)
    {
        await using var log = new AuditedLog();
        var signed = await log.Grow(300);
        await log.Sql(change);
        await Assert.ThrowsAsync<LogBrokenException>(() => log.Keeper().CatchUp(Cancel));
        await Assert.ThrowsAsync<LogBrokenException>(() => log.Grow(50));
        Assert.Equal(signed.Note, log.Audit.ReadCheckpoint());
    }

    [Fact]
    public async Task Positions_may_be_large_and_have_gaps()
    {
        var store = new InMemoryEventStore();
        var audit = new AuditFolder(Path.Combine(LiveReadModels.NewFolder(), "audit"));
        for (var i = 0; i < 600; i++)
            store.Write(i % 3 == 0 ? "$system" : $"user-{i}", "UserSignedUp", []);
        Assert.Equal(400, (await AuditedLog.Keeper(store, audit).CatchUp(Cancel)).Size);
        Assert.Equal(399, Prover.Open(audit).Inclusion(new(6_000)).Index);
        Assert.Throws<AuditException>(() => Prover.Open(audit).Inclusion(new(5_999)));
        Directory.Delete(Path.GetDirectoryName(audit.Root)!, recursive: true);
    }

    [Fact]
    public async Task It_follows_a_log_that_grows_until_it_is_stopped()
    {
        await using var log = new AuditedLog();
        using var stop = new CancellationTokenSource();
        var running = log.Keeper().Run(stop.Token);
        await log.Store.Append([new("user-ana", EventStores.ExpectedRevision.Any, [NewUser()])], Cancel);
        while (log.Audit.ReadCheckpoint() is not { } note || !note.Contains("\n1\n", StringComparison.Ordinal))
            await Task.Delay(10, Cancel);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public void A_key_is_made_once_and_is_nobody_elses()
    {
        var folder = LiveReadModels.NewFolder();
        var audit = new AuditFolder(Path.Combine(folder, "audit"));
        var key = audit.LoadKey(keyFile: null, origin: null);
        Assert.StartsWith("varve.local/", key.Verifier.Name);
        Assert.Equal($"{key}", $"{audit.LoadKey(keyFile: null, origin: null)}");
        Assert.Equal($"{key}", $"{audit.ReadKey()}");
        Assert.Throws<FormatException>(() => audit.LoadKey(keyFile: null, "another.example/log"));
        Assert.DoesNotContain("PRIVATE", $"{key}");
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(audit.Key));
        Directory.Delete(folder, recursive: true);
    }

    static EventStores.NewEvent NewUser() => new(Guid.NewGuid(), "UserSignedUp", "{}"u8.ToArray(), "{}"u8.ToArray());

    /// <summary>Full tiles that the checkpoint names.</summary>
    static bool IsDurable(string path, long tiles)
    {
        if (path.Contains(".p", StringComparison.Ordinal))
            return false;
        var level = path.Split('/')[1];
        var full = level is "0" or "entries" ? tiles : tiles >> (8 * int.Parse(level, null));
        return int.Parse(path.Split('/')[^1], null) < full;
    }

    static void Spoil(string path, Random dice)
    {
        var bytes = File.ReadAllBytes(path);
        switch (dice.Next(4))
        {
            case 0:
                File.Delete(path);
                break;
            case 1:
                File.WriteAllBytes(path, bytes[..dice.Next(bytes.Length)]);
                break;
            case 2:
                File.WriteAllBytes(path, new byte[bytes.Length]);
                break;
        }
    }
}
