using Varve.Domain.Objects;
using Varve.Domain.Uploads;
using static Varve.Domain.Tests.Samples;

namespace Varve.Domain.Tests;

public sealed class UploadTests
{
    const string Id = "0123456789abcdef0123456789abcdef";

    static readonly UploadEvent.Initiated Begun = new(
        "photos",
        "cat.jpg",
        "ana",
        ObjectAttributes.None,
        null,
        null,
        null,
        Noon
    );

    static readonly UploadEvent.PartUploaded One = new(1, 5, Md5, null, "disk:part/1", Noon);
    static readonly UploadEvent.Completed Done = new(Hash.Hex, Sha1, 0, "etag-1", null, Fresh.Location, null, Noon);
    static readonly UploadCommand.AddPart AddOne = new(Context, Id, 1, 5, Md5, null, "disk:part/1");

    static readonly UploadCommand.Complete Complete = new(
        Context,
        Id,
        Cat,
        [One],
        Fresh,
        "etag-1",
        null,
        WriteCondition.None
    );

    public static readonly TheoryData<UploadEvent> Ends =
    [
        Done,
        new UploadEvent.Cancelled(Noon),
        new UploadEvent.Expired(Noon),
    ];

    [Fact]
    public void An_upload_begins() =>
        Upload
            .Decider.Given()
            .When(new UploadCommand.Init(Context, Id, Cat, ObjectAttributes.None, null, null, null))
            .ThenEvents(Begun);

    [Fact]
    public void A_part_comes_in() => Upload.Decider.Given(Begun).When(AddOne).ThenEvents(One);

    [Fact]
    public void The_same_part_again_records_nothing() =>
        Upload.Decider.Given(Begun, One).When(AddOne with { Location = "disk:part/other" }).ThenNothing();

    [Fact]
    public void Another_part_of_this_number_replaces_the_first() =>
        Upload
            .Decider.Given(Begun, One)
            .When(AddOne with { ETag = "other", Location = "disk:part/2" })
            .ThenEvents(One with { ETag = "other", Location = "disk:part/2" });

    [Fact]
    public void A_part_of_no_upload_is_refused() =>
        Upload.Decider.Given().When(AddOne).ThenRefused(ErrorCode.NoSuchUpload);

    [Theory, MemberData(nameof(Ends))]
    public void A_part_of_an_ended_upload_is_refused(UploadEvent end) =>
        Upload.Decider.Given(Begun, One, end).When(AddOne).ThenRefused(ErrorCode.NoSuchUpload);

    [Theory, MemberData(nameof(Ends))]
    public void Cancelling_an_ended_upload_touches_nothing(UploadEvent end) =>
        Upload
            .Decider.Given(Begun, One, end)
            .When(new UploadCommand.Cancel(Context, Id))
            .ThenRefused(ErrorCode.NoSuchUpload);

    [Fact]
    public void Completing_makes_it_final() => Upload.Decider.Given(Begun, One).When(Complete).ThenEvents(Done);

    [Fact]
    public void Completing_names_the_parts_that_were_left_out() =>
        Assert.Equal(
            [2],
            Assert
                .IsType<UploadEvent.Completed>(
                    Assert.Single(
                        Upload
                            .Decider.Decide(Upload.Decider.Given(Begun, One, One with { Number = 2 }).State, Complete)
                            .Events
                    )
                )
                .Unused
        );

    [Fact]
    public void Completing_twice_records_nothing() =>
        Upload.Decider.Given(Begun, One, Done).When(Complete).ThenNothing();

    [Fact]
    public void Completing_with_a_part_that_was_replaced_is_refused() =>
        Upload
            .Decider.Given(Begun, One, One with { ETag = "other", Location = "disk:part/2" })
            .When(Complete)
            .ThenRefused(ErrorCode.InvalidPart);

    [Fact]
    public void Completing_a_cancelled_upload_is_refused() =>
        Upload
            .Decider.Given(Begun, One, new UploadEvent.Cancelled(Noon))
            .When(Complete)
            .ThenRefused(ErrorCode.NoSuchUpload);

    [Fact]
    public void A_second_completion_puts_no_object()
    {
        var completed = Upload.Decider.Given(Begun, One, Done).State;
        var steps = new List<Step>();
        foreach (var step in Complete.Steps())
        {
            step.Decide(step.Stream == Complete.Stream ? completed : step.InitialState);
            steps.Add(step);
        }
        Assert.Equal([Complete.Object.Bucket.Stream, Complete.Stream], steps.Select(step => step.Stream));
        Assert.All(steps, step => Assert.Empty(step.Events));
    }

    [Theory]
    [InlineData(0, 5242880, 0, 0)]
    [InlineData(1, 5242880, 1, 1)]
    [InlineData(5242880, 5242880, 1, 5242880)]
    [InlineData(5242881, 5242880, 2, 1)]
    [InlineData(5L << 40, 550502400, 9987, 241172480)]
    public void A_plan_cuts_a_file_into_chunks(long size, long chunk, int count, long last)
    {
        var plan = UploadPlan.For(Sha1, size);
        Assert.Equal((chunk, count), (plan.ChunkSize, plan.ChunkCount));
        if (count > 0)
            Assert.Equal(last, plan.SizeOf(count));
        Assert.Equal(size, Enumerable.Range(1, count).Sum(plan.SizeOf));
        Assert.InRange(plan.ChunkCount, 0, Upload.PartsMax);
    }
}
