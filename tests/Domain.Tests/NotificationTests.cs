using System.Collections.Immutable;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class NotificationTests
{
    [Theory]
    [InlineData("s3:ObjectCreated:*", null, null, true)]
    [InlineData("s3:ObjectCreated:Put", null, null, true)]
    [InlineData("s3:ObjectCreated:Copy", null, null, false)]
    [InlineData("s3:ObjectRemoved:*", null, null, false)]
    [InlineData("s3:ObjectCreated:*", "photos/", null, true)]
    [InlineData("s3:ObjectCreated:*", "Photos/", null, false)]
    [InlineData("s3:ObjectCreated:*", null, ".jpg", true)]
    [InlineData("s3:ObjectCreated:*", "photos/", ".png", false)]
    [InlineData("s3:ObjectCreated:*", "", "", true)]
    public void A_rule_applies_by_event_and_key(string pattern, string? prefix, string? suffix, bool applies) =>
        Assert.Equal(applies, Rule(pattern, prefix, suffix).AppliesTo("s3:ObjectCreated:Put", "photos/a.jpg"));

    [Theory]
    [InlineData("s3:ObjectCreated:Put", null, null, true)]
    [InlineData("s3:ObjectRemoved:*", null, null, false)]
    [InlineData("s3:ObjectCreated:*", "a/b", null, true)]
    [InlineData("s3:ObjectCreated:*", "b", null, false)]
    [InlineData("s3:ObjectCreated:*", "a/", ".jpg", true)]
    [InlineData("s3:ObjectCreated:*", "a/", ".png", false)]
    public void Two_rules_that_could_tell_the_same_overlap(
        string pattern,
        string? prefix,
        string? suffix,
        bool overlap
    ) =>
        Assert.Equal(
            overlap,
            new NotificationRules([Rule("s3:ObjectCreated:*", "a/", "jpg"), Rule(pattern, prefix, suffix)]).Overlap
        );

    [Theory]
    [InlineData("arn:varve:sqs::hook:webhook", "hook:webhook")]
    [InlineData("arn:varve:sqs:eu-west-1:hook:rabbitmq", "hook:rabbitmq")]
    [InlineData("arn:varve:sns::hook:webhook", null)] // a topic is named by Topic
    [InlineData("arn:aws:sqs:us-east-1:444455556666:queue", null)]
    [InlineData("arn:varve:sqs::hook", null)]
    [InlineData("arn:varve:sqs::hook:webhook:x", null)]
    [InlineData("http://169.254.169.254/", null)]
    public void A_destination_is_known_by_its_ARN(string arn, string? destination)
    {
        var rule = Rule("s3:ObjectCreated:*", null, null) with { Arn = arn };
        if (destination is null)
            Assert.Throws<FormatException>(() => rule.Destination);
        else
            Assert.Equal(destination, rule.Destination);
    }

    [Fact]
    public void What_happens_to_objects_has_the_names_that_S3_gives_it()
    {
        var put = Put;
        var versioned = put with { Versioning = BucketVersioning.Enabled };
        Assert.Equal("s3:ObjectCreated:Put", Name(put));
        Assert.Equal("s3:ObjectCreated:Put", Name(put with { Origin = ObjectOrigin.Instant }));
        Assert.Equal("s3:ObjectCreated:Post", Name(put with { Posted = true }));
        Assert.Equal("s3:ObjectCreated:Copy", Name(put with { Origin = ObjectOrigin.Copy }));
        Assert.Equal("s3:ObjectCreated:Copy", Name(put with { Origin = ObjectOrigin.Rename }));
        Assert.Equal("s3:ObjectCreated:Copy", Name(versioned with { Origin = ObjectOrigin.Restore }));
        Assert.Equal("s3:ObjectCreated:CompleteMultipartUpload", Name(put with { Origin = ObjectOrigin.Upload }));
        Assert.Equal("s3:ObjectRemoved:Delete", Name(new ObjectEvent.Deleted("v", null, Noon)));
        var marker = new ObjectEvent.Deleted("v", null, Noon, BucketVersioning.Suspended);
        Assert.Equal("s3:ObjectRemoved:DeleteMarkerCreated", Name(marker));
        Assert.Equal("s3:LifecycleExpiration:DeleteMarkerCreated", Name(marker, expired: true));
        var gone = new ObjectEvent.VersionDeleted("v", null, WasLatest: true, Noon);
        Assert.Equal("s3:ObjectRemoved:Delete", Name(gone));
        Assert.Equal("s3:LifecycleExpiration:Delete", Name(gone, expired: true));
        var tagged = new ObjectEvent.Tagged("v", null, put, Noon);
        Assert.Equal("s3:ObjectTagging:Delete", Name(tagged));
        Assert.Equal(
            "s3:ObjectTagging:Put",
            Name(tagged with { Tags = ImmutableSortedDictionary<string, string>.Empty })
        );
        Assert.Equal("s3:ObjectAcl:Put", Name(new ObjectEvent.AclSet("v", null, put, Noon)));
        Assert.Null(Name(new ObjectEvent.LockSet("v", ObjectLock.None, put, Noon)));
    }

    [Fact]
    public void Rules_and_a_quota_are_set_and_taken_away_once()
    {
        var created = new BucketEvent.Created("ana", Noon);
        var rules = new NotificationRules([Rule("s3:ObjectCreated:*", null, null)]);
        BucketConfigurationEvent[] changes =
        [
            new BucketConfigurationEvent.NotificationsSet(rules, Noon),
            new BucketConfigurationEvent.NotificationsSet(null, Noon),
            new BucketConfigurationEvent.QuotaSet(new(Bytes: 10, Objects: null), Noon),
            new BucketConfigurationEvent.QuotaSet(null, Noon),
        ];
        for (var i = 0; i < changes.Length; i++)
        {
            var command = new BucketCommand.Configure(Context, Photos, changes[i]);
            Bucket.Decider.Given([created, .. changes[..i]]).When(command).ThenEvents(changes[i]);
            Bucket.Decider.Given([created, .. changes[..(i + 1)]]).When(command).ThenNothing();
        }
    }

    static ObjectEvent.Put Put =>
        new("v", "e3", "da", 0, "d4", ObjectAttributes.None, null, ObjectOrigin.Put, null, Noon);

    static string? Name(object @event, bool expired = false) => NotificationEvents.NameOf(@event, expired);

    static NotificationRule Rule(string pattern, string? prefix, string? suffix) =>
        new("r", NotificationTarget.Queue, "arn:varve:sqs::hook:webhook", [pattern], prefix, suffix);
}
