using System.Collections.Immutable;

namespace Varve.Domain.Access;

/// <summary>How many of a request's values a condition asks for.</summary>
public enum PolicyQuantifier
{
    /// <summary>The key has one value.</summary>
    One,
    ForAnyValue,
    ForAllValues,
}

/// <summary>One line of a statement's Condition: a key, an operator and the values that it compares with.</summary>
/// <param name="IfExists">Holds where the request says nothing under the key.</param>
/// <param name="Variables">Whether the values may have variables in them.</param>
public sealed record PolicyCondition(
    PolicyOperator Operator,
    PolicyQuantifier Quantifier,
    bool IfExists,
    string Key,
    ImmutableArray<string> Values,
    bool Variables
)
{
    public bool Holds(FindValues find)
    {
        var said = find(Key) is { Count: > 0 } some ? some : null;
        if (Operator == PolicyOperator.Null)
            return Values.Any(value => bool.Parse(value) == said is null);
        if (said is null)
            return IfExists
                || Quantifier == PolicyQuantifier.ForAllValues
                || (Operator.Negated && Quantifier == PolicyQuantifier.One);
        return Quantifier == PolicyQuantifier.ForAllValues
            ? said.All(value => Holds(value, find))
            : said.Any(value => Holds(value, find));
    }

    bool Holds(string said, FindValues find)
    {
        foreach (var value in Values)
        {
            var wanted = Variables ? PolicyVariables.Expand(value, find) : value;
            if (wanted is not null && Operator.Matches(wanted, said))
                return !Operator.Negated;
        }
        return Operator.Negated;
    }
}
