namespace Varve.Domain.Objects;

public enum RetentionMode
{
    /// <summary>Who may bypass it can shorten it, or delete the version.</summary>
    Governance,

    /// <summary>Nobody can.</summary>
    Compliance,
}

/// <summary>Until when a version can't be deleted.</summary>
public sealed record Retention(RetentionMode Mode, DateTimeOffset Until);

/// <summary>What keeps a version from being deleted.</summary>
/// <param name="LegalHold">Without end; null where it was never set.</param>
public sealed record ObjectLock(Retention? Retention = null, bool? LegalHold = null)
{
    public static readonly ObjectLock None = new();

    /// <param name="bypass">The caller sets a governance retention aside.</param>
    public bool Forbids(DateTimeOffset now, bool bypass) =>
        LegalHold == true || Retention is not null && Retention.Until > now && !MayBypass(Retention, bypass);

    /// <summary>Whether the retention may become this: longer is always allowed, anything else only where the one that
    /// holds is over, or is set aside.</summary>
    public bool Allows(Retention? wanted, DateTimeOffset now, bool bypass) =>
        Retention is null
        || Retention.Until <= now
        || wanted is not null && wanted.Mode == Retention.Mode && wanted.Until >= Retention.Until
        || MayBypass(Retention, bypass);

    static bool MayBypass(Retention retention, bool bypass) => bypass && retention.Mode == RetentionMode.Governance;
}
