using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using static Varve.Domain.Access.PolicyReader;

namespace Varve.Domain.Access;

/// <summary>Reads one statement of a policy.</summary>
static class StatementReader
{
    static readonly SearchValues<char> ActionLetters = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ*?"
    );

    public static PolicyStatement Read(JsonElement statement, string bucket, bool variables)
    {
        var fields = FieldsOf(statement).ToDictionary(field => field.Name, field => field.Value);
        foreach (var name in fields.Keys)
            if (
                name
                is not (
                    "Sid"
                    or "Effect"
                    or "Principal"
                    or "NotPrincipal"
                    or "Action"
                    or "NotAction"
                    or "Resource"
                    or "NotResource"
                    or "Condition"
                )
            )
                throw Malformed($"Unknown field {name}");

        var allows = fields.TryGetValue("Effect", out var effect)
            ? TextOf(effect) switch
            {
                "Allow" => true,
                "Deny" => false,
                var other => throw Malformed($"Invalid effect: {other}"),
            }
            : throw Malformed("Missing required field Effect");
        var (principals, notPrincipal) = Either(fields, "Principal");
        if (allows && notPrincipal)
            throw Malformed("Allow with NotPrincipal is not allowed.");
        var (actions, notAction) = Either(fields, "Action");
        var (resources, notResource) = Either(fields, "Resource");
        return new(
            allows,
            PrincipalsOf(principals),
            notPrincipal,
            [.. TextsOf(actions).Select(Action)],
            notAction,
            [.. TextsOf(resources).Select(resource => Resource(resource, bucket))],
            notResource,
            fields.TryGetValue("Condition", out var conditions) ? [.. ConditionsOf(conditions, variables)] : [],
            variables
        );
    }

    public static string? SidOf(JsonElement statement) =>
        statement.TryGetProperty("Sid", out var sid) && TextOf(sid) is { Length: > 0 } text ? text : null;

    static (JsonElement Value, bool Not) Either(Dictionary<string, JsonElement> fields, string name)
    {
        var (plain, not) = (fields.TryGetValue(name, out var value), fields.TryGetValue($"Not{name}", out var inverse));
        return (plain, not) switch
        {
            (true, false) => (value, false),
            (false, true) => (inverse, true),
            (true, true) => throw Syntax(),
            _ => throw Malformed($"Missing required field {name}"),
        };
    }

    static PolicyPrincipals PrincipalsOf(JsonElement principal)
    {
        if (principal.ValueKind == JsonValueKind.String)
            return TextOf(principal) == "*" ? new(Everybody: true, [], []) : throw InvalidPrincipal();
        var everybody = false;
        var (names, ids) = (ImmutableHashSet.CreateBuilder<string>(), ImmutableHashSet.CreateBuilder<string>());
        foreach (var field in FieldsOf(principal))
        foreach (var text in TextsOf(field.Value))
            switch (field.Name)
            {
                case "AWS" when text == "*":
                    everybody = true;
                    break;
                case "AWS":
                    var (user, isId) = UserOf(text);
                    (isId ? ids : names).Add(user);
                    break;
                case "CanonicalUser":
                    ids.Add(text);
                    break;
                case "Service" or "Federated":
                    break; // nobody of these ever asks
                default:
                    throw InvalidPrincipal();
            }
        return new(everybody, names.ToImmutable(), ids.ToImmutable());
    }

    /// <summary>A name or an id by itself, or an ARN: of an account (<c>…:root</c>) or of a user, whose path is
    /// passed over. Every user is an account, so both name one user. What looks like an id is one: a user whose name
    /// looks so is named by the ARN.</summary>
    static (string User, bool IsId) UserOf(string text)
    {
        if (!text.StartsWith("arn:", StringComparison.Ordinal))
            return text.Length > 0 && !text.AsSpan().ContainsAny('*', '?', '/')
                ? Named(text)
                : throw InvalidPrincipal();
        if (text.Split(':') is not ["arn", "aws", "iam" or "sts", "", var account, var name])
            throw InvalidPrincipal();
        if (name == "root" && account.Length > 0)
            return Named(account);
        var slash = name.LastIndexOf('/');
        var user = name[(slash + 1)..];
        return
            name.Split('/')[0] is "user" or "role" or "assumed-role" or "federated-user"
            && slash > 0
            && user.Length > 0
            && !name.AsSpan().ContainsAny('*', '?')
            && (account.Length == 0 || account == AccountOf(user))
            ? (user, UserIds.IsCanonicalId(user))
            : throw InvalidPrincipal();

        static (string, bool) Named(string user) => (user, UserIds.IsAccountId(user) || UserIds.IsCanonicalId(user));
    }

    static string AccountOf(string user) =>
        UserIds.IsCanonicalId(user) ? UserIds.AccountIdOf(user) : UserIds.AccountId(user);

    static string Action(string text) =>
        text == "*"
        || (
            text.StartsWith("s3:", StringComparison.OrdinalIgnoreCase)
            && text.Length > 3
            && !text.AsSpan(3).ContainsAnyExcept(ActionLetters)
        )
            ? text
            : throw Malformed("Policy has invalid action");

    /// <summary>Of the bucket, or of objects in it.</summary>
    static string Resource(string text, string bucket)
    {
        if (text == "*")
            return text;
        var resource = text.Split(':', 6) is ["arn", "aws", "s3", _, _, { Length: > 0 } name]
            ? name
            : throw InvalidResource();
        var slash = resource.IndexOf('/', StringComparison.Ordinal);
        var named = slash < 0 ? resource : resource[..slash];
        return
            named.Contains("${", StringComparison.Ordinal)
            || Wildcard.Matches(named, bucket, ignoreCase: false)
            || (
                named.Contains('*', StringComparison.Ordinal)
                && Wildcard.Matches(named, $"{bucket}/", ignoreCase: false)
            )
            ? resource
            : throw InvalidResource();
    }

    static IEnumerable<PolicyCondition> ConditionsOf(JsonElement conditions, bool variables) =>
        from entry in FieldsOf(conditions)
        from key in FieldsOf(entry.Value)
        select Condition(entry.Name, key.Name, [.. ItemsOf(key.Value).Select(ValueOf)], variables);

    static PolicyCondition Condition(string type, string key, ImmutableArray<string> values, bool variables)
    {
        var name = type;
        var quantifier =
            TakePrefix(ref name, "ForAnyValue:") ? PolicyQuantifier.ForAnyValue
            : TakePrefix(ref name, "ForAllValues:") ? PolicyQuantifier.ForAllValues
            : PolicyQuantifier.One;
        var ifExists = name.EndsWith("IfExists", StringComparison.Ordinal) && name != "IfExists";
        if (ifExists)
            name = name[..^"IfExists".Length];
        if (PolicyOperator.Find(name) is not { } known || (known == PolicyOperator.Null && ifExists))
            throw Malformed($"Invalid Condition type : {type}");
        if (!key.Contains(':', StringComparison.Ordinal))
            throw Malformed("Policy has an invalid condition key");
        var hasVariables = variables && values.Any(value => value.Contains("${", StringComparison.Ordinal));
        var isFixed = !hasVariables || known == PolicyOperator.Null;
        if (isFixed && values.FirstOrDefault(value => !known.IsValue(value)) is { } wrong)
            throw Malformed($"Invalid value {wrong} for the Condition type {type}");
        return new(known, quantifier, ifExists, key, values, hasVariables);
    }

    static bool TakePrefix(ref string name, string prefix)
    {
        var has = name.StartsWith(prefix, StringComparison.Ordinal);
        if (has)
            name = name[prefix.Length..];
        return has;
    }

    /// <summary>Numbers and booleans may stand without quotes.</summary>
    static string ValueOf(JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.String => TextOf(value),
            JsonValueKind.Number => value.GetRawText(),
            JsonValueKind.True => "true",
            JsonValueKind.False => "false",
            _ => throw Syntax(),
        };

    static RejectedException InvalidPrincipal() => Malformed("Invalid principal in policy");

    static RejectedException InvalidResource() => Malformed("Policy has invalid resource");
}
