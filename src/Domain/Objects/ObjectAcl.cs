using Varve.Domain.Access;

namespace Varve.Domain.Objects;

public abstract partial record ObjectCommand
{
    /// <summary>Says anew who may do what with a version, which stays as old as it is.</summary>
    /// <param name="Acl">Null where it is its bucket owner's alone.</param>
    public sealed record SetAcl(CommandContext Context, ObjectId Object, string? VersionId, Acl? Acl)
        : Amend(Context, Object, VersionId);
}

public abstract partial record ObjectEvent
{
    /// <param name="Acl">Null where it is its bucket owner's alone.</param>
    /// <param name="Current">As in <see cref="VersionDeleted"/>.</param>
    public sealed record AclSet(string VersionId, Acl? Acl, Put? Current, DateTimeOffset At) : ObjectEvent;
}
