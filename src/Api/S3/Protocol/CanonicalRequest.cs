using System.Collections.Frozen;

namespace Varve.Api.S3.Protocol;

/// <summary>Writes the one form of a request over which both sides compute the signature.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html"/>
static class CanonicalRequest
{
    // Names that are signed often: looked up by their characters, so that no string is made for each.
    static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Names = new[]
    {
        "accept-encoding",
        "amz-sdk-invocation-id",
        "amz-sdk-request",
        "content-encoding",
        "content-length",
        "content-md5",
        "content-type",
        "date",
        "expect",
        "host",
        "range",
        "user-agent",
        "x-amz-checksum-mode",
        "x-amz-content-sha256",
        "x-amz-date",
        "x-amz-decoded-content-length",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-trailer",
        "x-amz-user-agent",
    }
        .ToFrozenSet(StringComparer.Ordinal)
        .GetAlternateLookup<ReadOnlySpan<char>>();

    /// <param name="asSent">Path and query as the client wrote them, instead of decoded and encoded again.</param>
    public static void Write(
        string method,
        S3Target target,
        IHeaderDictionary headers,
        SigV4Claim claim,
        bool asSent,
        ref Utf8Buffer output
    )
    {
        output.Append(method);
        output.Append((byte)'\n');
        if (asSent)
            output.Append(target.RawPath);
        else
            PercentCoding.Recode(target.RawPath, isQuery: false, ref output);
        output.Append((byte)'\n');
        WriteQuery(target.Query, asSent, ref output);
        output.Append((byte)'\n');
        foreach (var range in claim.SignedHeaders.AsSpan().Split(';'))
            WriteHeader(claim.SignedHeaders.AsSpan(range), headers, ref output);
        output.Append((byte)'\n');
        output.Append(claim.SignedHeaders);
        output.Append((byte)'\n');
        output.Append(claim.Payload.Text);
    }

    static void WriteHeader(ReadOnlySpan<char> name, IHeaderDictionary headers, ref Utf8Buffer output)
    {
        output.Append(name);
        output.Append((byte)':');
        var values = headers[Names.TryGetValue(name, out var known) ? known : name.ToString()];
        for (var i = 0; i < values.Count; i++)
        {
            if (i > 0)
                output.Append((byte)',');
            WriteFolded(values[i].AsSpan().Trim(), ref output);
        }
        output.Append((byte)'\n');
    }

    /// <summary>Runs of blanks count as one.</summary>
    static void WriteFolded(ReadOnlySpan<char> value, ref Utf8Buffer output)
    {
        while (value.IndexOf("  ") is >= 0 and var gap)
        {
            output.Append(value[..(gap + 1)]);
            value = value[gap..].TrimStart(' ');
        }
        output.Append(value);
    }

    /// <summary>Sorted by encoded name, then by encoded value.</summary>
    static void WriteQuery(S3Query query, bool asSent, ref Utf8Buffer output)
    {
        if (query.All.Count == 0)
            return;

        var encoded = new Utf8Buffer(stackalloc byte[1024]);
        Span<(int Start, int Middle, int End)> pairs = stackalloc (int, int, int)[query.All.Count];
        var count = 0;
        foreach (var parameter in query.All)
        {
            if (parameter.Name == "X-Amz-Signature")
                continue;
            var start = encoded.Length;
            Append(parameter.RawName.Span, asSent, ref encoded);
            var middle = encoded.Length;
            encoded.Append((byte)'=');
            Append(parameter.RawValue.Span, asSent, ref encoded);
            Insert((start, middle, encoded.Length), pairs, count++, encoded.Written);
        }
        for (var i = 0; i < count; i++)
        {
            if (i > 0)
                output.Append((byte)'&');
            output.Append(encoded.Written[pairs[i].Start..pairs[i].End]);
        }
        encoded.Dispose();
    }

    static void Append(ReadOnlySpan<char> raw, bool asSent, ref Utf8Buffer output)
    {
        if (asSent)
            output.Append(raw);
        else
            PercentCoding.Recode(raw, isQuery: true, ref output);
    }

    /// <summary>An insertion sort: clients send their parameters nearly sorted, and there are few.</summary>
    static void Insert(
        (int Start, int Middle, int End) pair,
        Span<(int Start, int Middle, int End)> pairs,
        int count,
        ReadOnlySpan<byte> text
    )
    {
        for (; count > 0 && Compare(pairs[count - 1], pair, text) > 0; count--)
            pairs[count] = pairs[count - 1];
        pairs[count] = pair;
    }

    static int Compare(
        (int Start, int Middle, int End) left,
        (int Start, int Middle, int End) right,
        ReadOnlySpan<byte> text
    )
    {
        var byName = text[left.Start..left.Middle].SequenceCompareTo(text[right.Start..right.Middle]);
        return byName != 0 ? byName : text[left.Middle..left.End].SequenceCompareTo(text[right.Middle..right.End]);
    }
}
