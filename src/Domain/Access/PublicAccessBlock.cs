namespace Varve.Domain.Access;

/// <summary>Four switches that keep a bucket from being public, whatever its policy and lists say.</summary>
/// <param name="BlockPublicAcls">A list that grants something to everybody is refused.</param>
/// <param name="IgnorePublicAcls">What lists grant to everybody does not count.</param>
/// <param name="BlockPublicPolicy">A public policy is refused.</param>
/// <param name="RestrictPublicBuckets">What a public policy allows is for the owner alone.</param>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"/>
public sealed record PublicAccessBlock(
    bool BlockPublicAcls,
    bool IgnorePublicAcls,
    bool BlockPublicPolicy,
    bool RestrictPublicBuckets
)
{
    public static readonly PublicAccessBlock None = new(
        BlockPublicAcls: false,
        IgnorePublicAcls: false,
        BlockPublicPolicy: false,
        RestrictPublicBuckets: false
    );
}

/// <summary>Whose an object is that another user puts into a bucket.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html"/>
public enum ObjectOwnership
{
    /// <summary>The writer's.</summary>
    ObjectWriter,

    /// <summary>The bucket owner's, where the writer gives them full control; else the writer's.</summary>
    BucketOwnerPreferred,

    /// <summary>The bucket owner's. Access control lists are off.</summary>
    BucketOwnerEnforced,
}
