namespace Varve.Domain;

/// <summary>A request that is refused, as a value. Nothing has changed.</summary>
/// <param name="Code">What is wrong; decides status and message.</param>
/// <param name="Detail">What exactly, for the caller to read; null where the code says it all. Never a secret.</param>
public sealed record Rejection(ErrorCode Code, string? Detail = null);

/// <summary>
/// Thrown at the edge only, where text becomes a type; caught once for S3 (XML) and once for REST (envelope).
/// The domain returns a <see cref="Rejection"/> instead.
/// </summary>
public sealed class RejectedException(Rejection rejection) : Exception($"{rejection.Code}: {rejection.Detail}")
{
    public RejectedException(ErrorCode code, string? detail = null)
        : this(new Rejection(code, detail)) { }

    public Rejection Rejection { get; } = rejection;
}
