using System.Collections.Immutable;

namespace Varve.Domain.Access;

/// <summary>What a policy says to a request. A denial outweighs whatever else it says.</summary>
public enum PolicyVerdict
{
    /// <summary>Nothing: the decision is that of others.</summary>
    Silent,
    Allowed,
    Denied,
}

/// <summary>A bucket's policy: statements in the JSON language of AWS IAM. Immutable, thread-safe.</summary>
/// <param name="IsPublic">Whether a statement lets in everybody, whoever and from wherever.</param>
/// <seealso href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"/>
public sealed record BucketPolicy(ImmutableArray<PolicyStatement> Statements, bool IsPublic)
{
    /// <summary>The largest policy, in bytes of UTF-8: 20 KiB.</summary>
    public const int BytesMax = 20 * 1024;

    /// <summary>Whose value a public policy would need to leave open.</summary>
    static readonly string[] Narrowing =
    [
        "aws:sourceip",
        "aws:username",
        "aws:userid",
        "aws:principalarn",
        "aws:principalaccount",
        "aws:sourcearn",
        "aws:sourceaccount",
        "aws:sourcevpc",
        "aws:sourcevpce",
    ];

    public static BucketPolicy Of(ImmutableArray<PolicyStatement> statements) =>
        new(statements, statements.Any(statement => statement.Allows && IsOpen(statement)));

    public PolicyVerdict Evaluate(AccessRequest request)
    {
        var verdict = PolicyVerdict.Silent;
        foreach (var statement in Statements)
        {
            if (!statement.IsAbout(request))
                continue;
            if (!statement.Allows)
                return PolicyVerdict.Denied;
            verdict = PolicyVerdict.Allowed;
        }
        return verdict;
    }

    /// <summary>To S3 a policy is public unless whom it lets in is fixed: by name, or by a condition without wildcards.
    /// </summary>
    /// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"/>
    static bool IsOpen(PolicyStatement statement) =>
        (statement.Principals.Everybody || statement.NotPrincipal) && !statement.Conditions.Any(IsNarrow);

    static bool IsNarrow(PolicyCondition condition) =>
        condition is { Operator.Negated: false, IfExists: false, Quantifier: not PolicyQuantifier.ForAllValues }
        && condition.Operator != PolicyOperator.Null
        && Narrowing.Contains(condition.Key, StringComparer.OrdinalIgnoreCase)
        && condition.Values.All(value => !value.AsSpan().ContainsAny('*', '?', '$') && !IsBroad(condition, value));

    /// <summary>Whether a network is most of the internet.</summary>
    static bool IsBroad(PolicyCondition condition, string value) =>
        condition.Operator.Name == "IpAddress"
        && PolicyOperator.Network(value) is var (address, bits)
        && bits < (address.Length == 4 ? 8 : 32);
}

/// <summary>Whom a statement is about.</summary>
/// <param name="Ids">Canonical ids and account ids: apart from the names, for a name may look like an account
/// id.</param>
public sealed record PolicyPrincipals(bool Everybody, ImmutableHashSet<string> Names, ImmutableHashSet<string> Ids)
{
    public bool Include(Principal who) =>
        Everybody
        || (
            who.User is { } user
            && (
                Names.Contains(user)
                || (!Ids.IsEmpty && (Ids.Contains(UserIds.CanonicalId(user)) || Ids.Contains(UserIds.AccountId(user))))
            )
        );
}

/// <param name="Allows">False: denies.</param>
/// <param name="NotPrincipal">It is about all but <paramref name="Principals"/>; and so on.</param>
/// <param name="Actions">Patterns.</param>
/// <param name="Resources">Patterns, without <see cref="AccessRequest.ArnPrefix"/>.</param>
/// <param name="Variables">Whether resources may have variables in them.</param>
public sealed record PolicyStatement(
    bool Allows,
    PolicyPrincipals Principals,
    bool NotPrincipal,
    ImmutableArray<string> Actions,
    bool NotAction,
    ImmutableArray<string> Resources,
    bool NotResource,
    ImmutableArray<PolicyCondition> Conditions,
    bool Variables
)
{
    public bool IsAbout(AccessRequest request) =>
        HasAction(request.Action) != NotAction
        && HasResource(request) != NotResource
        && Principals.Include(request.Who) != NotPrincipal
        && HoldConditions(request.Find);

    bool HasAction(string action)
    {
        foreach (var pattern in Actions)
            if (Wildcard.Matches(pattern, action, ignoreCase: true))
                return true;
        return false;
    }

    bool HasResource(AccessRequest request)
    {
        var resource = request.Resource;
        foreach (var pattern in Resources)
        {
            var wanted = Variables ? PolicyVariables.Expand(pattern, request.Find) : pattern;
            if (wanted is not null && Wildcard.Matches(wanted, resource, ignoreCase: false))
                return true;
        }
        return false;
    }

    bool HoldConditions(FindValues find)
    {
        foreach (var condition in Conditions)
            if (!condition.Holds(find))
                return false;
        return true;
    }
}
