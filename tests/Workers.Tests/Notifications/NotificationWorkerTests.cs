using System.Text.Json;
using Varve.Workers.Notifications;

namespace Varve.Workers.Tests.Notifications;

public sealed class NotificationWorkerTests : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly HookServer hook = new();
    readonly List<Webhook> opened = [];
    ToldBucket bucket = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => bucket = await ToldBucket.Make();

    public async ValueTask DisposeAsync()
    {
        foreach (var one in opened)
            await one.DisposeAsync();
        await bucket.DisposeAsync();
        await hook.DisposeAsync();
    }

    [Fact]
    public async Task An_event_is_told_as_S3_does()
    {
        await bucket.Version();
        await bucket.Tell("hook:webhook");
        await bucket.Put("a b/ü+.jpg");
        await using var working = bucket.Run(Hook());
        await Until(() => hook.Taken.Count == 2);
        var test = hook.Taken.Single(one => !HookServer.IsRecord(one));
        Assert.Equal("s3:TestEvent", test.GetProperty("Event").GetString());
        Assert.Equal("photos", test.GetProperty("Bucket").GetString());

        var record = HookServer.Record(hook.Taken.Single(HookServer.IsRecord));
        Assert.Equal("2.1", record.GetProperty("eventVersion").GetString());
        Assert.Equal("aws:s3", record.GetProperty("eventSource").GetString());
        Assert.Equal("us-east-1", record.GetProperty("awsRegion").GetString());
        Assert.Equal("ObjectCreated:Put", record.GetProperty("eventName").GetString());
        Assert.Equal("ana", record.GetProperty("userIdentity").GetProperty("principalId").GetString());
        Assert.EndsWith("Z", record.GetProperty("eventTime").GetString());
        Assert.Equal("", record.GetProperty("requestParameters").GetProperty("sourceIPAddress").GetString());
        Assert.NotEmpty(record.GetProperty("responseElements").GetProperty("x-amz-request-id").GetString()!);
        var s3 = record.GetProperty("s3");
        Assert.Equal("1.0", s3.GetProperty("s3SchemaVersion").GetString());
        Assert.Equal("to-hook:webhook", s3.GetProperty("configurationId").GetString());
        Assert.Equal("photos", s3.GetProperty("bucket").GetProperty("name").GetString());
        Assert.Equal("arn:aws:s3:::photos", s3.GetProperty("bucket").GetProperty("arn").GetString());
        var owner = s3.GetProperty("bucket").GetProperty("ownerIdentity");
        Assert.Equal("ana", owner.GetProperty("principalId").GetString());
        var told = s3.GetProperty("object");
        Assert.Equal("a+b/%C3%BC%2B.jpg", told.GetProperty("key").GetString());
        Assert.Equal(5, told.GetProperty("size").GetInt64());
        Assert.Equal("d4", told.GetProperty("eTag").GetString());
        Assert.Equal(32, told.GetProperty("versionId").GetString()!.Length);
        Assert.Equal("Bearer secret", hook.Authorization);
    }

    [Fact]
    public async Task Events_of_a_key_come_in_order_and_the_sequencer_says_it()
    {
        await bucket.Tell("hook:webhook");
        await using var working = bucket.Run(Hook());
        await bucket.Put("one");
        await bucket.Tag("one");
        await bucket.Delete("one");
        await bucket.Put("one");
        await bucket.Expire("one");
        await Until(() => hook.Keys.Count == 5);
        var records = hook.Taken.Where(HookServer.IsRecord).Select(HookServer.Record).ToList();
        Assert.Equal(
            [
                "ObjectCreated:Put",
                "ObjectTagging:Put",
                "ObjectRemoved:Delete",
                "ObjectCreated:Put",
                "LifecycleExpiration:Delete",
            ],
            records.Select(record => record.GetProperty("eventName").GetString())
        );
        var sequence = records.ConvertAll(SequencerOf);
        Assert.Equal(sequence.Order(StringComparer.Ordinal).Distinct(), sequence);
    }

    [Fact]
    public async Task Only_what_happens_under_a_rule_is_told_however_late()
    {
        await bucket.Put("before");
        await bucket.Tell("hook:webhook");
        await bucket.Put("within");
        await bucket.Tell("other:webhook");
        await bucket.Put("others");
        await bucket.Tell(ToldBucket.RuleFor("hook:webhook", "pre"));
        await bucket.Put("pretty");
        await bucket.Put("other");
        await bucket.Tell(Array.Empty<Domain.Buckets.NotificationRule>());
        await bucket.Put("pre-after");
        await bucket.Tell("hook:webhook");
        await bucket.Put("last");
        await using var working = bucket.Run(Hook());
        await Until(() => hook.Keys.Contains("last"));
        await Until(() => hook.Taken.Count == 6);
        Assert.Equal(["last", "pretty", "within"], hook.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_destination_that_refuses_and_hangs_and_goes_away_misses_nothing()
    {
        await bucket.Tell("hook:webhook");
        hook.Status = 500;
        await using var working = bucket.Run(Hook(TimeSpan.FromSeconds(2)));
        await PutAll("refused", 20);
        await Asked();
        hook.Status = 302; // is not followed
        await Asked();
        hook.Status = null;
        await Asked();
        await hook.Leave();
        await PutAll("away", 20);
        hook.Status = 200;
        hook.ComeBack();
        await Until(() => hook.Keys.Distinct().Count() == 40);

        async Task Asked()
        {
            var before = hook.Asked;
            await Until(() => hook.Asked > before + 1);
        }
    }

    [Fact]
    public async Task One_that_is_down_keeps_no_other_waiting()
    {
        await using var down = new HookServer { Status = 503 };
        await bucket.Tell("hook:webhook", "down:webhook");
        await using var working = bucket.Run(Hook(), Open("down", down));
        await bucket.Put("1/a");
        await Until(() => down.Asked > 2);
        await PutAll("0/b", 30);
        await Until(() => hook.Keys.Count == 30);
        Assert.Empty(down.Taken);
        down.Status = 200;
        await Until(() => down.Keys.Count == 1);
    }

    [Fact]
    public async Task Ended_in_between_and_begun_again_it_misses_nothing_and_keeps_the_order_of_each_key()
    {
        await bucket.Tell("hook:webhook");
        for (var round = 0; round < 5; round++)
        {
            hook.Status = 200;
            var before = hook.Keys.Count;
            await using var working = bucket.Run(Hook(TimeSpan.FromSeconds(5)));
            await PutAll($"k", 10); // the same keys in each round
            await Until(() => hook.Keys.Count > before);
            hook.Status = null; // what is under way now is neither taken nor refused
            await PutAll($"round-{round}-", 3);
        }
        hook.Status = 200;
        await using var last = bucket.Run(Hook());
        await Until(() => Records().Select(record => (KeyOf(record), SequencerOf(record))).Distinct().Count() == 65);
        foreach (var key in Records().GroupBy(KeyOf))
        {
            var sequence = key.Select(SequencerOf).ToList();
            var first = sequence.Distinct().ToList(); // twice is allowed, but not the later before the earlier
            Assert.Equal(first.Order(StringComparer.Ordinal), first);
            Assert.Equal(key.Key.StartsWith('k') ? 5 : 1, first.Count);
        }

        IEnumerable<JsonElement> Records() => hook.Taken.Where(HookServer.IsRecord).Select(HookServer.Record);
    }

    static string? SequencerOf(JsonElement record) =>
        record.GetProperty("s3").GetProperty("object").GetProperty("sequencer").GetString();

    static string KeyOf(JsonElement record) =>
        record.GetProperty("s3").GetProperty("object").GetProperty("key").GetString()!;

    async Task PutAll(string prefix, int count)
    {
        for (var i = 0; i < count; i++)
            await bucket.Put($"{prefix}{i}");
    }

    Webhook Hook(TimeSpan? patience = null) => Open("hook", hook, patience);

    Webhook Open(string name, HookServer server, TimeSpan? patience = null)
    {
        var made = new Webhook(name, server.Url, "Bearer secret", patience ?? TimeSpan.FromSeconds(10));
        opened.Add(made);
        return made;
    }

    static async Task Until(Func<bool> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (!condition())
            await Task.Delay(TimeSpan.FromMilliseconds(5), patience.Token);
    }
}
