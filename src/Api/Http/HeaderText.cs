using System.Buffers;
using System.Globalization;
using System.Text;

namespace Varve.Api.Http;

/// <summary>Text in a header that goes out.</summary>
static class HeaderText
{
    /// <summary>What names of headers are made of.</summary>
    /// <seealso href="https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2"/>
    static readonly SearchValues<char> NameCharacters = SearchValues.Create(
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    );

    public static bool IsName(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(NameCharacters);

    /// <summary>Whether a header can say it as it is.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange(' ', '~');

    /// <summary>What is not printable ASCII is encoded, as AWS does.</summary>
    /// <seealso href="https://www.rfc-editor.org/rfc/rfc2047"/>
    public static string Of(string value) =>
        IsPlain(value)
            ? value
            : string.Create(
                CultureInfo.InvariantCulture,
                $"=?UTF-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}?="
            );
}
