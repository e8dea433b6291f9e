using CsCheck;
using Microsoft.AspNetCore.Http;
using Varve.Api.Http;
using Varve.Api.Tests.S3.Protocol;
using Varve.Domain;

namespace Varve.Api.Tests.Http;

public sealed class HttpTests
{
    const string Older = "Thu, 01 Jan 2026 11:59:59 GMT";
    const string Same = "Thu, 01 Jan 2026 12:00:00 GMT";
    const string Newer = "Thu, 01 Jan 2026 12:00:01 GMT";

    static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, 700, TimeSpan.Zero);

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=2-5", 2, 4)]
    [InlineData("bytes=5-", 5, 5)]
    [InlineData("bytes=5-99999999999999999999999", 5, 5)]
    [InlineData("bytes=-3", 7, 3)]
    [InlineData("bytes=-30", 0, 10)]
    [InlineData("Bytes= 1 - 2 ", 1, 2)]
    public void A_range_is_cut_at_the_end(string header, long offset, long length) =>
        Assert.Equal(new ByteRange(offset, length), ByteRange.Parse(header, 10));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("bytes")]
    [InlineData("bytes=")]
    [InlineData("bytes=-")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=5-4")]
    [InlineData("bytes=--5")]
    [InlineData("bytes=0-1,3-4")]
    [InlineData("lines=0-1")]
    public void A_range_that_is_malformed_or_several_means_the_whole(string? header) =>
        Assert.Null(ByteRange.Parse(header, 10));

    [Theory]
    [InlineData("bytes=10-", 10)]
    [InlineData("bytes=99999999999999999999999-", 10)]
    [InlineData("bytes=-0", 10)]
    [InlineData("bytes=0-", 0)]
    [InlineData("bytes=-5", 0)]
    public void A_range_behind_the_end_is_InvalidRange(string header, long size) =>
        Refused.With(ErrorCode.InvalidRange, () => ByteRange.Parse(header, size));

    [Fact]
    public void Any_range_lies_within_the_whole() =>
        Gen.Select(Gen.Char["bytes=-,0123456789 "].Array[0, 30], Gen.Long[0, 1000])
            .Sample(t =>
                Refused.OrAnswered(() =>
                {
                    if (ByteRange.Parse("bytes=" + new string(t.Item1), t.Item2) is { } range)
                        Assert.True(range is { Offset: >= 0, Length: > 0 } && range.Offset + range.Length <= t.Item2);
                })
            );

    [Fact]
    public void A_range_says_where_it_lies() => Assert.Equal("bytes 2-5/10", new ByteRange(2, 4).ContentRange(10));

    [Theory]
    [InlineData(null, true)]
    [InlineData("\"e\"", true)]
    [InlineData("\"f\"", false)]
    [InlineData("W/\"e\"", false)]
    [InlineData(Same, true)]
    [InlineData(Newer, false)]
    public void If_Range_asks_for_the_very_same_state(string? ifRange, bool applies) =>
        Assert.Equal(applies, ByteRange.Applies(ifRange, "e", Noon));

    [Theory]
    [InlineData("if-match: \"e\"", Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-match: e", Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-match: *", Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-match: \"a\", \"e\"", Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-match: W/\"e\"", Verdict.PreconditionFailed, Verdict.PreconditionFailed)]
    [InlineData("if-match: \"f\"", Verdict.PreconditionFailed, Verdict.PreconditionFailed)]
    [InlineData("if-none-match: \"f\"", Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-none-match: *", Verdict.NotModified, Verdict.PreconditionFailed)]
    [InlineData("if-none-match: \"f\",W/\"e\"", Verdict.NotModified, Verdict.PreconditionFailed)]
    [InlineData("if-modified-since: " + Older, Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-modified-since: " + Same, Verdict.NotModified, Verdict.Proceed)]
    [InlineData("if-modified-since: yesterday", Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-unmodified-since: " + Same, Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-unmodified-since: " + Older, Verdict.PreconditionFailed, Verdict.PreconditionFailed)]
    [InlineData("if-match: \"e\"|if-unmodified-since: " + Older, Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-none-match: \"f\"|if-modified-since: " + Newer, Verdict.Proceed, Verdict.Proceed)]
    [InlineData("if-match: \"e\"|if-none-match: \"e\"", Verdict.NotModified, Verdict.PreconditionFailed)]
    public void Preconditions_are_judged_in_the_order_of_RFC_9110(string lines, Verdict read, Verdict write)
    {
        var conditions = Conditions(lines, "");
        Assert.Equal(read, conditions.Evaluate("e", Noon, isRead: true));
        Assert.Equal(write, conditions.Evaluate("e", Noon, isRead: false));
    }

    [Theory]
    [InlineData("if-match: *", Verdict.PreconditionFailed)]
    [InlineData("if-none-match: *", Verdict.Proceed)]
    [InlineData("if-unmodified-since: " + Older, Verdict.Proceed)]
    public void What_is_not_there_matches_nothing(string lines, Verdict verdict) =>
        Assert.Equal(verdict, Conditions(lines, "").Evaluate(null, default, isRead: false));

    [Fact]
    public void The_conditions_on_a_copys_source_have_headers_of_their_own()
    {
        var conditions = Conditions("x-amz-copy-source-if-match: \"f\"", "x-amz-copy-source-");
        Assert.Equal(Verdict.PreconditionFailed, conditions.Evaluate("e", Noon, isRead: true));
        Assert.Equal(Preconditions.None, Conditions("x-amz-copy-source-if-match: \"f\"", ""));
    }

    [Theory]
    [InlineData(Same)]
    [InlineData("Thursday, 01-Jan-26 12:00:00 GMT")]
    [InlineData("Thu Jan  1 12:00:00 2026")]
    public void A_date_has_three_forms_in_and_one_out(string text) =>
        Assert.Equal(Same, HttpDates.Format(HttpDates.Parse(text)!.Value));

    static Preconditions Conditions(string lines, string prefix)
    {
        var headers = new HeaderDictionary();
        foreach (var line in lines.Split('|'))
            headers[line[..line.IndexOf(':')]] = line[(line.IndexOf(':') + 2)..];
        return Preconditions.From(headers, prefix);
    }
}
