using FluentValidation;
using MediatR;
using Varve.Domain;

namespace Varve.EventStores;

/// <summary>
/// The one door to every change: <c>Send(command)</c>. MediatR's handlers and behaviours are contravariant in the
/// request, so that one instance of each serves all commands, and this list is all that there is to wire.
/// </summary>
public static class CommandDoor
{
    /// <param name="behaviors">Outermost first.</param>
    public static IMediator Open(
        IRequestHandler<Command, Outcome> handler,
        params IPipelineBehavior<Command, Outcome>[] behaviors
    ) => new Mediator(type => type.IsInstanceOfType(behaviors) ? behaviors : handler);
}

/// <summary>Refuses a command whose shape is wrong, before anything is read.</summary>
public sealed class ValidationBehavior(CommandValidators validators) : IPipelineBehavior<Command, Outcome>
{
    public async Task<Outcome> Handle(
        Command request,
        CancellationToken cancellationToken,
        RequestHandlerDelegate<Outcome> next
    )
    {
        if (validators.For(request) is { } validator)
        {
            var result = validator.Validate(new ValidationContext<Command>(request));
            if (!result.IsValid)
                return Outcome.Refused(CommandValidators.RejectionOf(result.Errors[0]));
        }
        return await next();
    }
}
