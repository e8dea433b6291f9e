using System.Globalization;
using System.Text;

namespace Varve.Api.Http;

/// <summary>Text in a header that goes out.</summary>
static class HeaderText
{
    /// <summary>What is not printable ASCII is encoded, as AWS does.</summary>
    /// <seealso href="https://www.rfc-editor.org/rfc/rfc2047"/>
    public static string Of(string value) =>
        value.AsSpan().ContainsAnyExceptInRange(' ', '~')
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"=?UTF-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}?="
            )
            : value;
}
