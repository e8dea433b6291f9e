using System.Text.RegularExpressions;

namespace Varve.Tidy.Tests;

/// <summary>The house rules that a compiler does not keep.</summary>
public sealed partial class SourceTests
{
    const int LinesMost = 400;
    const int ColumnsMost = 120;

    [Fact]
    public void There_are_sources_to_look_at() => Assert.True(Repository.Sources.Count > 50);

    [Fact]
    public void A_source_file_has_one_subject_and_so_at_most_400_lines() =>
        Offences.None(Repository.Sources.Where(path => Repository.Lines(path).Length is < 1 or > LinesMost));

    /// <summary>But for a stored sample, which is one line as it lies in the log, for an address, and for a text in a
    /// test.</summary>
    [Fact]
    public void A_line_has_at_most_120_columns() =>
        Offences.None(
            Lines(line => line.Length > ColumnsMost && !Sample().IsMatch(line))
                .Where(line => !(line.StartsWith("tests/", StringComparison.Ordinal) && HoldsText().IsMatch(line)))
        );

    [Fact]
    public void A_file_is_named_after_the_thing_or_the_verb() =>
        Offences.None(Repository.Sources.Where(path => EmptyName().IsMatch(path)));

    [Fact]
    public void Nothing_is_folded_away_silenced_or_left_for_later() =>
        Offences.None(Lines(line => Forbidden().IsMatch(line)));

    /// <summary>But where .NET's interfaces call it so.</summary>
    [Fact]
    public void A_method_is_not_named_after_its_being_asynchronous() =>
        Offences.None(Lines(line => AsyncName().IsMatch(line)));

    [Fact]
    public void A_cancellation_token_is_never_optional() =>
        Offences.None(
            Lines(line => OptionalToken().IsMatch(line) && !line.Contains(" override ", StringComparison.Ordinal))
                .Where(path => !path.StartsWith("bench/", StringComparison.Ordinal))
        );

    static IEnumerable<string> Lines(Func<string, bool> offends) =>
        Repository.Sources.SelectMany(path =>
            Repository
                .Lines(path)
                .Index()
                .Where(line => offends(line.Item))
                .Select(line => $"{path}:{line.Index + 1}: {line.Item.Trim()}")
        );

    [GeneratedRegex("^\\s*(\\{ \"\\w+\", )?\\$*\"\"\"|^ *///.*https://")]
    private static partial Regex Sample();

    [GeneratedRegex("\"|: `VARVE|: (Requests are|header or|\\{supported)")]
    private static partial Regex HoldsText();

    [GeneratedRegex("(Manager|Helpers?|Utils?|Utilities|Common|Misc|Base)[.]cs$")]
    private static partial Regex EmptyName();

    [GeneratedRegex(
        @"^\s*#(region|pragma warning)|\b(TO" + @"DO|FIX" + @"ME|HA" + @"CK|XX" + @"X)\b|Suppress" + "Message"
    )]
    private static partial Regex Forbidden();

    [GeneratedRegex(
        @"^\s*((public|internal|private|static|async) )*(Value)?Task(<.*>)? (?!(Dispose|Execute|Initialize|Start|Stop)Async)\w+Async\("
    )]
    private static partial Regex AsyncName();

    [GeneratedRegex(@"CancellationToken \w+ = (default|null|CancellationToken)\b[^;]*$")]
    private static partial Regex OptionalToken();
}
