using System.Collections.Immutable;
using System.Globalization;
using Varve.Api.Http;
using Varve.Api.S3.Protocol;
using Varve.Domain;
using Varve.Domain.Access;
using Varve.Domain.Buckets;

namespace Varve.Api.S3.Operations;

/// <summary><c>GET</c>, <c>PUT</c> and <c>DELETE /{bucket}?cors</c>.</summary>
/// <seealso href="https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html"/>
static class BucketCors
{
    /// <summary>In bytes: 64 KiB.</summary>
    const int DocumentMax = 64 * 1024;

    const int RulesMax = 100;

    public static Task Get(S3Request request, Backend varve, CancellationToken cancel)
    {
        var rules =
            request.Place!.Bucket.Configuration.Cors ?? throw new RejectedException(ErrorCode.NoSuchCorsConfiguration);
        var xml = new S3XmlWriter(request.Xml());
        xml.Begin("CORSConfiguration"u8);
        foreach (var rule in rules)
        {
            xml.Open("CORSRule"u8);
            xml.ElementIfAny("ID"u8, rule.Id);
            WriteAll(ref xml, "AllowedMethod"u8, rule.Methods);
            WriteAll(ref xml, "AllowedOrigin"u8, rule.Origins);
            WriteAll(ref xml, "AllowedHeader"u8, rule.Headers ?? []);
            WriteAll(ref xml, "ExposeHeader"u8, rule.Exposed ?? []);
            if (rule.MaxAgeSeconds is { } age)
                xml.Element("MaxAgeSeconds"u8, age);
            xml.Close("CORSRule"u8);
        }
        xml.Close("CORSConfiguration"u8);
        xml.Complete();
        return Task.CompletedTask;
    }

    public static async Task Put(S3Request request, Backend varve, CancellationToken cancel)
    {
        var document = S3XmlReader.Read(await request.ReadDocument(DocumentMax, cancel), "CORSConfiguration");
        ImmutableArray<CorsRule> rules = [.. document.Children.Where(part => part.Name == "CORSRule").Select(RuleOf)];
        if (rules.IsEmpty)
            throw S3XmlReader.Malformed("There is no CORSRule.");
        if (rules.Length > RulesMax)
            throw Invalid($"The number of CORS rules should not exceed allowed limit of {RulesMax} rules.");
        await BucketChange.Run(request, at => new BucketConfigurationEvent.CorsSet(rules, at), varve, cancel);
    }

    public static Task Delete(S3Request request, Backend varve, CancellationToken cancel) =>
        BucketChange.Delete(request, at => new BucketConfigurationEvent.CorsSet(Rules: null, at), varve, cancel);

    static void WriteAll(ref S3XmlWriter xml, ReadOnlySpan<byte> name, ImmutableArray<string> texts)
    {
        foreach (var text in texts)
            xml.Element(name, text);
    }

    static CorsRule RuleOf(XmlPart rule)
    {
        var read = new CorsRule(
            rule["ID"],
            All(rule, "AllowedOrigin"),
            All(rule, "AllowedMethod"),
            NullIfEmpty(All(rule, "AllowedHeader")),
            NullIfEmpty(All(rule, "ExposeHeader")),
            rule["MaxAgeSeconds"] is { } age ? Seconds(age) : null
        );
        if (read.Origins.IsEmpty || read.Methods.IsEmpty)
            throw S3XmlReader.Malformed("A CORSRule has at least one AllowedOrigin and one AllowedMethod.");
        if (read.Id?.Length > 255)
            throw Invalid("An ID has at most 255 characters.");
        foreach (var method in read.Methods)
            if (method is not ("GET" or "PUT" or "HEAD" or "POST" or "DELETE"))
                throw Invalid($"Found unsupported HTTP method in CORS config. Unsupported method is {method}");
        CheckWildcards("AllowedOrigin", read.Origins, most: 1);
        CheckWildcards("AllowedHeader", read.Headers ?? [], most: 1);
        CheckWildcards("ExposeHeader", read.Exposed ?? [], most: 0);
        foreach (var name in read.Exposed ?? [])
            if (!HeaderText.IsName(name))
                throw Invalid($"ExposeHeader \"{name}\" contains invalid character.");
        return read;
    }

    static void CheckWildcards(string element, ImmutableArray<string> patterns, int most)
    {
        foreach (var pattern in patterns)
            if (pattern.Count(c => c == '*') > most)
                throw Invalid(
                    most == 0
                        ? $"{element} \"{pattern}\" contains wildcard. We currently do not support wildcard for "
                            + $"{element}."
                        : $"{element} \"{pattern}\" can not have more than one wildcard."
                );
    }

    static ImmutableArray<string> All(XmlPart rule, string name) =>
        [.. rule.Children.Where(part => part.Name == name).Select(part => part.Text.Trim())];

    static ImmutableArray<string>? NullIfEmpty(ImmutableArray<string> texts) => texts.IsEmpty ? null : texts;

    static int Seconds(string text) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? seconds
            : throw S3XmlReader.Malformed("MaxAgeSeconds is not a number of seconds.");

    static RejectedException Invalid(string what) => new(ErrorCode.InvalidRequest, what);
}
