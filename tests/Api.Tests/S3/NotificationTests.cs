namespace Varve.Api.Tests.S3;

public sealed class NotificationTests(S3Host host)
{
    const string Queue = "<Queue>arn:varve:sqs::hook:webhook</Queue>";
    const string Created = "<Event>s3:ObjectCreated:*</Event>";

    [Fact]
    public async Task Rules_are_kept_as_they_were_sent_until_others_come()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        var none = await bucket.Send("GET", "?notification");
        Assert.Equal(200, none.Status);
        Assert.Empty(none.Elements("Id"));
        string[] rules =
        [
            "<QueueConfiguration><Id>a</Id>"
                + Queue
                + Created
                + "<Event>s3:ObjectRemoved:Delete</Event>"
                + Filter(("Prefix", "images/"), ("Suffix", ".jpg"))
                + "</QueueConfiguration>",
            "<TopicConfiguration><Id>b</Id><Topic>arn:varve:sns:eu-west-1:queue:rabbitmq</Topic>"
                + "<Event>s3:ObjectTagging:Put</Event></TopicConfiguration>",
            "<CloudFunctionConfiguration><Id>c</Id><CloudFunction>arn:varve:lambda::hook:webhook</CloudFunction>"
                + "<Event>s3:LifecycleExpiration:*</Event><Event>s3:ObjectAcl:Put</Event>"
                + Filter(("Prefix", ""))
                + "</CloudFunctionConfiguration>",
        ];
        Assert.Equal(200, (await Put(bucket, rules)).Status);
        var read = await bucket.Send("GET", "?notification");
        Assert.EndsWith(Document(rules)["<NotificationConfiguration>".Length..], read.Text);
        Assert.Equal(200, (await Put(bucket)).Status);
        Assert.Empty((await bucket.Send("GET", "?notification")).Elements("Id"));
    }

    [Fact]
    public async Task A_rule_without_a_name_gets_one_and_names_of_filters_are_read_in_any_case()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        await Put(bucket, OneQueue(Queue + Created + Filter(("PREFIX", "a"), ("suffix", "b"))));
        var read = await bucket.Send("GET", "?notification");
        Assert.NotEmpty(read.Element("Id")!);
        Assert.Equal(["Prefix", "Suffix"], read.Elements("Name"));
    }

    [Theory]
    [InlineData(Created, "MalformedXML")]
    [InlineData(Queue, "MalformedXML")]
    [InlineData($"{Queue}<Event>s3:ObjectCreated</Event>", "InvalidArgument")]
    [InlineData($"{Queue}<Event>s3:ObjectRestore:*</Event>", "InvalidArgument")]
    [InlineData($"{Queue}<Event>s3:*</Event>", "InvalidArgument")]
    [InlineData($"<Queue>arn:varve:sqs::nobody:webhook</Queue>{Created}", "InvalidArgument")]
    [InlineData($"<Queue>arn:varve:sqs::hook:rabbitmq</Queue>{Created}", "InvalidArgument")]
    [InlineData($"<Queue>arn:varve:sns::hook:webhook</Queue>{Created}", "InvalidArgument")]
    [InlineData($"<Queue>arn:aws:sqs:us-east-1:444455556666:hook</Queue>{Created}", "InvalidArgument")]
    [InlineData($"<Queue>http://169.254.169.254/latest/</Queue>{Created}", "InvalidArgument")]
    public async Task What_is_no_rule_is_refused(string rule, string code)
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        Assert.Equal(code, (await Put(bucket, OneQueue(rule))).Code);
    }

    [Fact]
    public async Task Filters_are_two_at_most_and_of_known_names()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        foreach (
            var filter in (string[])
                [
                    Filter(("Infix", "a")),
                    Filter(("Prefix", "a"), ("prefix", "b")),
                    Filter(("Prefix", new string('a', 1025))),
                ]
        )
            Assert.Equal("InvalidArgument", (await Put(bucket, OneQueue(Queue + Created + filter))).Code);
    }

    [Fact]
    public async Task Rules_that_would_tell_the_same_event_twice_are_refused()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        var all = OneQueue(Queue + Created + Filter(("Prefix", "a/")));
        var put = OneQueue(Queue + "<Event>s3:ObjectCreated:Put</Event>" + Filter(("Prefix", "a/b")));
        var other = OneQueue(Queue + "<Event>s3:ObjectCreated:Put</Event>" + Filter(("Prefix", "b/")));
        Assert.Equal("InvalidArgument", (await Put(bucket, all, put)).Code);
        Assert.Equal(200, (await Put(bucket, all, other)).Status);
        var named = OneQueue("<Id>same</Id>" + Queue + "<Event>s3:ObjectAcl:Put</Event>");
        var again = OneQueue("<Id>same</Id>" + Queue + "<Event>s3:ObjectTagging:*</Event>");
        Assert.Equal("InvalidArgument", (await Put(bucket, named, again)).Code);
    }

    [Fact]
    public async Task There_is_no_EventBridge()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        Assert.Equal("NotImplemented", (await Put(bucket, "<EventBridgeConfiguration/>")).Code);
        Assert.Equal("MalformedXML", (await Put(bucket, "<OtherConfiguration/>")).Code);
    }

    [Fact]
    public async Task The_client_of_AWS_writes_and_reads_them()
    {
        using var bucket = await VersionedBucket.Make(host, status: null);
        var cancel = TestContext.Current.CancellationToken;
        await bucket.Client.PutBucketNotificationAsync(
            new()
            {
                BucketName = bucket.Name,
                QueueConfigurations =
                [
                    new()
                    {
                        Id = "mine",
                        Queue = "arn:varve:sqs::queue:rabbitmq",
                        Events = [Amazon.S3.EventType.ObjectCreatedPut, Amazon.S3.EventType.ObjectRemovedAll],
                        Filter = new() { S3KeyFilter = new() { FilterRules = [new("prefix", "logs/")] } },
                    },
                ],
            },
            cancel
        );
        var read = await bucket.Client.GetBucketNotificationAsync(bucket.Name, cancel);
        var queue = Assert.Single(read.QueueConfigurations);
        Assert.Equal(("mine", "arn:varve:sqs::queue:rabbitmq"), (queue.Id, queue.Queue));
        Assert.Equal("logs/", Assert.Single(queue.Filter.S3KeyFilter.FilterRules).Value);
    }

    static string OneQueue(string inner) => $"<QueueConfiguration>{inner}</QueueConfiguration>";

    static string Filter(params (string Name, string Value)[] rules) =>
        "<Filter><S3Key>"
        + string.Concat(
            rules.Select(rule => $"<FilterRule><Name>{rule.Name}</Name><Value>{rule.Value}</Value></FilterRule>")
        )
        + "</S3Key></Filter>";

    static string Document(params string[] rules) =>
        $"<NotificationConfiguration>{string.Concat(rules)}</NotificationConfiguration>";

    static Task<RawAnswer> Put(VersionedBucket bucket, params string[] rules) =>
        bucket.Send("PUT", "?notification", Document(rules));
}
