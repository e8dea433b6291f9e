using Varve.Domain;

namespace Varve.Api.S3.Protocol;

/// <summary>One parameter of a query, decoded, and as it came.</summary>
public sealed record QueryParameter(
    string Name,
    string Value,
    ReadOnlyMemory<char> RawName,
    ReadOnlyMemory<char> RawValue
);

/// <summary>The parameters of a request's query, in their order. Names are case-sensitive; of equal names the first
/// counts.</summary>
public sealed class S3Query
{
    /// <summary>More parameters than any S3 request has; the bound keeps sorting cheap on hostile input.</summary>
    public const int ParametersMax = 256;

    public static readonly S3Query Empty = new([]);

    readonly List<QueryParameter> parameters;

    S3Query(List<QueryParameter> parameters) => this.parameters = parameters;

    public IReadOnlyList<QueryParameter> All => parameters;

    /// <summary>The decoded value; empty where the name stands alone; null where it is absent.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var parameter in parameters)
                if (parameter.Name == name)
                    return parameter.Value;
            return null;
        }
    }

    public bool Has(string name) => this[name] is not null;

    /// <param name="raw">What follows the question mark.</param>
    /// <exception cref="RejectedException">InvalidUri; InvalidArgument for more than
    /// <see cref="ParametersMax"/>.</exception>
    public static S3Query Parse(ReadOnlyMemory<char> raw)
    {
        if (raw.IsEmpty)
            return Empty;

        var parameters = new List<QueryParameter>(4);
        while (!raw.IsEmpty)
        {
            var end = raw.Span.IndexOf('&');
            var pair = end < 0 ? raw : raw[..end];
            raw = end < 0 ? default : raw[(end + 1)..];
            if (pair.IsEmpty)
                continue;
            if (parameters.Count == ParametersMax)
                throw new RejectedException(ErrorCode.InvalidArgument, "Too many query parameters.");

            var equals = pair.Span.IndexOf('=');
            var (name, value) = equals < 0 ? (pair, default) : (pair[..equals], pair[(equals + 1)..]);
            parameters.Add(
                new(
                    PercentCoding.Decode(name.Span, plusIsSpace: true),
                    PercentCoding.Decode(value.Span, plusIsSpace: true),
                    name,
                    value
                )
            );
        }
        return new(parameters);
    }
}
