using Varve.Domain.Access;

namespace Varve.Domain.Objects;

public abstract partial record ObjectCommand
{
    /// <summary>Says anew who may do what with the current version, which stays as old as it is.</summary>
    /// <param name="Acl">Null where it is its bucket owner's alone.</param>
    public sealed record SetAcl(CommandContext Context, ObjectId Object, Acl? Acl) : ObjectCommand(Context, Object)
    {
        public override IEnumerable<Step> Steps() => [Step.On(StoredObject.Decider, Stream, this)];
    }
}

public abstract partial record ObjectEvent
{
    /// <param name="Current">The version that has the list now, and the list in it.</param>
    public sealed record AclSet(Put Current, DateTimeOffset At) : ObjectEvent;
}
