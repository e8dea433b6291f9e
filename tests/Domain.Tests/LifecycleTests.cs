using System.Collections.Immutable;
using Varve.Domain.Buckets;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class LifecycleTests
{
    static readonly TimeSpan Day = LifecycleRules.Day;

    [Fact]
    public void Days_end_at_the_next_midnight()
    {
        var midnight = new DateTimeOffset(2026, 1, 3, 0, 0, 0, TimeSpan.Zero);
        Assert.Equal(midnight, LifecycleRules.After(Noon, 1, Day));
        Assert.Equal(midnight, LifecycleRules.After(midnight.AddDays(-1), 1, Day));
        Assert.Equal(Noon.AddSeconds(10), LifecycleRules.After(Noon, 1, TimeSpan.FromSeconds(10)));
        Assert.InRange(LifecycleRules.After(Noon, int.MaxValue, Day), Noon, DateTimeOffset.MaxValue);
    }

    [Fact]
    public void Of_several_rules_the_first_to_come_counts()
    {
        var rules = new LifecycleRules([
            Rule("late", new(Prefix: "logs/"), new(Days: 9)),
            Rule("soon", new(), new(Days: 3)),
            Rule("off", new(), new(Days: 1)) with
            {
                Enabled = false,
            },
        ]);
        Assert.Equal("soon", rules.ExpiryOf("logs/a", 1, null, Noon, Day)?.Rule.Id);
        Assert.Null(new LifecycleRules([rules.All[0]]).ExpiryOf("a", 1, null, Noon, Day));
    }

    [Fact]
    public void A_filter_asks_for_everything_that_it_says()
    {
        var both = Tags("a", "b");
        var rule = Rule("r", new(true, "p", both, SizeGreaterThan: 1, SizeLessThan: 9), new(Days: 1));
        Assert.True(rule.AppliesTo("pq", 2, both.Add("c", "v")));
        Assert.False(rule.AppliesTo("q", 2, both));
        Assert.False(rule.AppliesTo("pq", 1, both));
        Assert.False(rule.AppliesTo("pq", 9, both));
        Assert.False(rule.AppliesTo("pq", 2, null));
        Assert.False(rule.AppliesTo("pq", 2, Tags("a")));
        Assert.False(rule.AppliesTo("pq", 2, both.SetItem("a", "other")));

        static ImmutableSortedDictionary<string, string> Tags(params string[] keys) =>
            ImmutableSortedDictionary.CreateRange(keys.Select(key => KeyValuePair.Create(key, "v")));
    }

    static LifecycleRule Rule(string id, LifecycleFilter filter, LifecycleExpiration expiration) =>
        new(id, Enabled: true, filter, Prefix: null, expiration, Noncurrent: null, AbortUploadsAfterDays: null);
}
