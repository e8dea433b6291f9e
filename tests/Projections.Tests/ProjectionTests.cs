using Varve.Domain.Buckets;
using Varve.Domain.Users;
using Varve.Projections.Buckets;
using Varve.Projections.Files;
using Varve.Projections.Objects;
using static Varve.Projections.Tests.Samples;

namespace Varve.Projections.Tests;

public sealed class ProjectionTests
{
    [Fact]
    public void A_created_bucket_is_one_row()
    {
        var statements = new BucketRows().Project(new("bucket-photos", 0, 7, new BucketEvent.Created("ana", Noon)));
        Assert.Equal(["photos", "ana", Noon.UtcTicks, 7L], Assert.Single(statements).Arguments);
    }

    [Fact]
    public void A_new_object_costs_one_statement() =>
        Assert.Single(new ObjectRows().Project(new("object-photos/a/b.jpg", 0, 7, Put("x"))));

    [Fact]
    public void An_overwritten_object_keeps_its_version() =>
        Assert.Equal(3, new ObjectRows().Project(new("object-photos/a/b.jpg", 1, 7, Put("x"))).Count);

    [Fact]
    public void The_key_of_an_object_is_all_behind_the_first_slash()
    {
        var statement = new ObjectRows().Project(new("object-photos/a/b.jpg", 0, 7, Put("x")))[0];
        Assert.Equal("photos", statement.Arguments[0]);
        Assert.Equal("a/b.jpg"u8.ToArray(), statement.Arguments[1]);
    }

    [Fact]
    public void An_object_outside_home_buckets_is_nobody_s_file() =>
        Assert.Empty(new UserFileRows().Project(new("object-photos/a", 0, 7, Put("x"))));

    [Fact]
    public void A_home_bucket_made_anew_by_another_user_is_no_home()
    {
        var rows = new UserFileRows();
        rows.Project(new("user-ana", 0, 1, new UserEvent.SignedUp("ana", Noon)));
        Assert.NotEmpty(rows.Project(new("object-ana/a", 0, 2, Put("x"))));
        rows.Project(new("bucket-ana", 2, 3, new BucketEvent.Created("bob", Noon)));
        Assert.Empty(rows.Project(new("object-ana/a", 1, 4, Put("x"))));
    }
}
