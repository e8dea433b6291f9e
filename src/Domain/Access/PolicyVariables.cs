using System.Text;

namespace Varve.Domain.Access;

/// <summary>Variables in a policy's resources and conditions, such as <c>${aws:username}</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"/>
static class PolicyVariables
{
    /// <summary>A pattern with what the request says in place of its variables: <c>${*}</c>, <c>${?}</c> and
    /// <c>${$}</c> are these characters, <c>${key, 'else'}</c> has a default.</summary>
    /// <returns>Null where the request says nothing under a variable: such a pattern fits nothing.</returns>
    public static string? Expand(string pattern, FindValues find)
    {
        var begin = pattern.IndexOf("${", StringComparison.Ordinal);
        if (begin < 0)
            return pattern;
        var expanded = new StringBuilder(pattern.Length + 32);
        var from = 0;
        for (; begin >= 0; begin = pattern.IndexOf("${", from, StringComparison.Ordinal))
        {
            var end = pattern.IndexOf('}', begin);
            if (end < 0 || Value(pattern[(begin + 2)..end], find) is not { } value)
                return null;
            expanded.Append(pattern, from, begin - from).Append(Wildcard.Escape(value));
            from = end + 1;
        }
        return expanded.Append(pattern, from, pattern.Length - from).ToString();
    }

    static string? Value(string variable, FindValues find)
    {
        if (variable is "*" or "?" or "$")
            return variable;
        var comma = variable.IndexOf(',', StringComparison.Ordinal);
        var name = (comma < 0 ? variable : variable[..comma]).Trim();
        if (find(name) is [var value, ..])
            return value;
        return comma < 0 ? null : variable[(comma + 1)..].Trim().Trim('\'');
    }
}
