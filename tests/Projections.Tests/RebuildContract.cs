using System.Collections.Immutable;
using CsCheck;
using Varve.Domain;
using Varve.Domain.Buckets;
using Varve.Domain.Contents;
using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using Varve.Domain.Users;
using Varve.EventStores;
using static Varve.Projections.Tests.LiveReadModels;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public abstract class RebuildContract(ReadStore store)
{
    static readonly Gen<string> Bucket = Samples.AnyOf("ana", "bob", "photos");
    static readonly Gen<string> Key = Samples.AnyOf("a", "b", "c/d", "中");
    static readonly Gen<string> Word = Samples.AnyOf("x", "y", "z");
    static readonly Gen<string> Upload = Samples.AnyOf("u1", "u2");

    /// <summary>Commands of users who have homes, on few names, so that they meet.</summary>
    static readonly Gen<Func<CommandContext, Command>> Step = Gen.OneOf(
        Gen.Select(Bucket, Key, Word, (b, k, w) => Made(c => PutOf(c, b, k, w))),
        Gen.Select(Bucket, Key, (b, k) => Made(c => new ObjectCommand.Delete(c, IdOf(b, k), WriteCondition.None))),
        Gen.Select(
            Bucket,
            Key,
            Key,
            (b, k, to) => Made(c => new ObjectCommand.Rename(c, IdOf(b, k), IdOf(b, to), null))
        ),
        Gen.Select(Bucket, b => Made(c => new UserCommand.Erase(c, b))),
        Gen.Select(Bucket, b => Made(c => new BucketCommand.Create(c, BucketName.Parse(b), b))),
        Gen.Select(Bucket, b => Made(c => new BucketCommand.RequestDeletion(c, BucketName.Parse(b)))),
        Gen.Select(
            Bucket,
            Gen.Int[1, 2],
            Gen.Bool,
            (b, n, e) => Made(c => new BucketCommand.FinishDeletion(c, BucketName.Parse(b), n, e))
        ),
        Gen.Select(Word, w => Made(c => new ContentCommand.SchedulePurge(c, new(Sha256(w)), c.At))),
        Gen.Select(Word, w => Made(c => new ContentCommand.Purge(c, new(Sha256(w))))),
        Gen.Select(Word, w => Made(c => new ContentCommand.ReportDamage(c, new(Sha256(w)), $"disk:{w}", "bits"))),
        Gen.Select(Upload, Bucket, Key, (u, b, k) => Made(c => InitOf(c, u, b, k))),
        Gen.Select(
            Upload,
            Gen.Int[1, 3],
            (u, n) => Made(c => new UploadCommand.AddPart(c, u, n, n, "e", null, $"p{n}"))
        ),
        Gen.Select(Upload, Bucket, Key, Word, (u, b, k, w) => Made(c => CompleteOf(c, u, b, k, w))),
        Gen.Select(Upload, u => Made(c => new UploadCommand.Cancel(c, u)))
    );

    [Fact]
    public async Task A_rebuild_gives_the_same_rows_whatever_was_done() =>
        await Step.Array[1, 60]
            .SampleAsync(
                async steps =>
                {
                    await using var live = await LiveReadModels.Start(store);
                    var loop = new CommandLoop(
                        live.Store,
                        new AggregateStates(live.Store, 100),
                        TimeSpan.FromSeconds(5)
                    );
                    foreach (var user in (string[])["ana", "bob"])
                        await loop.Handle(new UserCommand.SignUp(Context(0), user, BucketName.Parse(user)), Cancel);
                    await loop.Handle(new BucketCommand.Create(Context(0), BucketName.Parse("photos"), "ana"), Cancel);
                    for (var i = 0; i < steps.Length; i++)
                        await loop.Handle(steps[i](Context(i)), Cancel);
                    await live.CaughtUp();
                    Assert.Equal(await live.RebuiltRows(), await live.Rows());
                    await AgreesWithTheObjects(live);
                },
                iter: store.Cases(40),
                threads: 1
            );

    [Fact]
    public async Task A_rebuild_beside_writers_loses_nothing_and_shows_what_was_shown()
    {
        await using var live = await LiveReadModels.Start(store);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writing = Task.Run(
            async () =>
            {
                for (var i = 0; !enough.IsCancellationRequested; i++)
                {
                    live.Store.StoreAndPut("photos", $"k{i}", $"x{i}");
                    await live.CaughtUp();
                    Assert.NotNull(await live.Read.FindObject("photos", $"k{i}", Cancel));
                }
            },
            Cancel
        );
        for (var i = 0; i < 5; i++)
            await live.Rebuild.Run("test", Cancel);
        await enough.CancelAsync();
        await writing;
        await live.CaughtUp();
        Assert.Equal(await live.RebuiltRows(), await live.Rows());
    }

    [Fact]
    public async Task A_rebuild_that_is_given_up_or_cut_off_leaves_the_read_models_in_use()
    {
        await using var live = await LiveReadModels.Start(store);
        live.Store.StoreAndPut("photos", "a", "x");
        await live.CaughtUp();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            live.Rebuild.Run("test", new CancellationToken(canceled: true))
        );
        Assert.Null(live.Rebuild.Progress);
        live.Store.StoreAndPut("photos", "b", "y");
        await live.CaughtUp();
        await live.Stop();
        await Assert.ThrowsAnyAsync<InvalidOperationException>(() => live.Rebuild.Run("test", Cancel));
        foreach (var key in (string[])["a", "b"])
            Assert.NotNull(await live.Read.FindObject("photos", key, Cancel));
    }

    /// <summary>What a user has, said by the objects, is what the table of files says.</summary>
    static async Task AgreesWithTheObjects(LiveReadModels live)
    {
        foreach (var user in (string[])["ana", "bob"])
        foreach (var word in (string[])["x", "y", "z"])
        {
            var names = new List<string>();
            foreach (var key in (string[])["a", "b", "c/d", "中"])
                if ((await live.Read.FindObject(user, key, Cancel))?.Sha1 == Sha1(word))
                    names.Add(key);
            Assert.Equal(names, await live.Read.NamesOf(user, Sha1(word), Cancel));
            var file = await live.Read.FindUserFile(user, Sha1(word), Cancel);
            Assert.Equal(names.Count > 0, file is not null);
            if (file is not null)
                Assert.Contains(file.FileName, names);
        }
    }

    static Func<CommandContext, Command> Made(Func<CommandContext, Command> make) => make;

    static CommandContext Context(int minute) => new(Guid.NewGuid(), "ana", Noon.AddMinutes(minute));

    static ObjectId IdOf(string bucket, string key) => new(BucketName.Parse(bucket), ObjectKey.Parse(key));

    static ContentFacts FactsOf(string word) => new(new(Sha256(word)), Sha1(word), null, word.Length, $"disk:{word}");

    static ObjectCommand.Put PutOf(CommandContext context, string bucket, string key, string word) =>
        new(
            context,
            IdOf(bucket, key),
            FactsOf(word),
            word,
            new ObjectAttributes("text/plain", User: ImmutableSortedDictionary<string, string>.Empty.Add("k", word)),
            null,
            ObjectOrigin.Put,
            null,
            WriteCondition.None
        );

    static UploadCommand.Init InitOf(CommandContext context, string upload, string bucket, string key) =>
        new(context, upload, IdOf(bucket, key), ObjectAttributes.None, null, null, new UploadPlan(Sha1("x"), 6, 5, 2));

    static UploadCommand.Complete CompleteOf(
        CommandContext context,
        string upload,
        string bucket,
        string key,
        string word
    ) => new(context, upload, IdOf(bucket, key), [], FactsOf(word), word, null, WriteCondition.None);
}
