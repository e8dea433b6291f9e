using System.Collections.Frozen;
using System.Collections.Immutable;
using FluentValidation;
using FluentValidation.Results;
using Varve.Domain.Objects;
using Varve.Domain.Projections;
using Varve.Domain.Uploads;
using Varve.Domain.Users;

namespace Varve.Domain;

/// <summary>
/// The validators of the commands that carry something from outside which no type has parsed yet. What depends on state
/// is the decider's business.
/// </summary>
public sealed class CommandValidators
{
    public static readonly CommandValidators All = new();

    readonly FrozenDictionary<Type, IValidator> byCommand = new Dictionary<Type, IValidator>
    {
        [typeof(ObjectCommand.Put)] = new PutValidator(),
        [typeof(UploadCommand.Init)] = new InitUploadValidator(),
        [typeof(UploadCommand.AddPart)] = new AddPartValidator(),
        [typeof(UploadCommand.Complete)] = new CompleteUploadValidator(),
        [typeof(ProjectionCommand.Skip)] = new SkipValidator(),
        [typeof(UserCommand.SignUp)] = new SignUpValidator(),
    }.ToFrozenDictionary();

    /// <returns>Null if there is nothing to validate.</returns>
    public IValidator? For(Command command) => byCommand.GetValueOrDefault(command.GetType());

    /// <summary>A validator names the refusal by <c>WithErrorCode</c>; without it, it is an invalid argument.</summary>
    public static Rejection RejectionOf(ValidationFailure failure) =>
        new(
            Enum.TryParse<ErrorCode>(failure.ErrorCode, out var code) ? code : ErrorCode.InvalidArgument,
            failure.ErrorMessage
        );
}

/// <summary>Limits of what a client may say of an object.</summary>
public sealed class AttributesValidator : AbstractValidator<ObjectAttributes>
{
    /// <summary>Names and values of the user metadata together, in bytes of UTF-8.</summary>
    public const int UserMetadataMax = 2048;

    public const int HeaderMax = 1024;

    public AttributesValidator()
    {
        RuleFor(a => a.ContentType).MaximumLength(HeaderMax).WithName("Content-Type");
        RuleForEach(a => a.Headers)
            .Must(header => header.Value.Length <= HeaderMax)
            .WithMessage((_, header) => $"{header.Key}: at most {HeaderMax} characters.");
        RuleFor(a => a.User)
            .Must(user => SizeOf(user) <= UserMetadataMax)
            .WithErrorCode(nameof(ErrorCode.MetadataTooLarge))
            .WithMessage($"User metadata: at most {UserMetadataMax} bytes.");
    }

    static int SizeOf(ImmutableSortedDictionary<string, string>? user) =>
        user?.Sum(pair =>
            System.Text.Encoding.UTF8.GetByteCount(pair.Key) + System.Text.Encoding.UTF8.GetByteCount(pair.Value)
        )
        ?? 0;
}

public sealed class PutValidator : AbstractValidator<ObjectCommand.Put>
{
    /// <summary>The largest object: 5 TiB.</summary>
    public const long SizeMax = 5L << 40;

    public PutValidator()
    {
        RuleFor(c => c.Attributes).SetValidator(new AttributesValidator());
        RuleFor(c => c.Content.Size).InclusiveBetween(0, SizeMax).WithErrorCode(nameof(ErrorCode.EntityTooLarge));
    }
}

public sealed class InitUploadValidator : AbstractValidator<UploadCommand.Init>
{
    public InitUploadValidator()
    {
        RuleFor(c => c.Attributes).SetValidator(new AttributesValidator());
        RuleFor(c => c.Plan!.FileSize)
            .InclusiveBetween(0, PutValidator.SizeMax)
            .WithErrorCode(nameof(ErrorCode.EntityTooLarge))
            .WithMessage($"filesize: 0 to {PutValidator.SizeMax} bytes.")
            .When(c => c.Plan is not null);
        RuleFor(c => c.Plan!.FileHash)
            .Matches("^[0-9a-f]{40}\\z")
            .WithMessage("filehash: the SHA-1 of the file, 40 lower-case hex digits.")
            .When(c => c.Plan is not null);
    }
}

public sealed class AddPartValidator : AbstractValidator<UploadCommand.AddPart>
{
    public AddPartValidator()
    {
        RuleFor(c => c.Number)
            .InclusiveBetween(1, Upload.PartsMax)
            .WithMessage($"Part number must be an integer between 1 and {Upload.PartsMax}, inclusive.");
        RuleFor(c => c.Size).InclusiveBetween(0, Upload.PartSizeMax).WithErrorCode(nameof(ErrorCode.EntityTooLarge));
    }
}

public sealed class CompleteUploadValidator : AbstractValidator<UploadCommand.Complete>
{
    public CompleteUploadValidator() =>
        RuleFor(c => c.Content.Size)
            .InclusiveBetween(0, PutValidator.SizeMax)
            .WithErrorCode(nameof(ErrorCode.EntityTooLarge));
}

public sealed class SkipValidator : AbstractValidator<ProjectionCommand.Skip>
{
    public SkipValidator()
    {
        RuleFor(c => c.Why).NotEmpty().MaximumLength(1024).WithName("why");
        RuleFor(c => c.Context.By).NotEmpty().MaximumLength(64).WithName("by");
    }
}

public sealed class SignUpValidator : AbstractValidator<UserCommand.SignUp>
{
    public SignUpValidator() => RuleFor(c => c.UserName).NotEmpty().MaximumLength(64).WithName("username");
}
