using Microsoft.Net.Http.Headers;

namespace Varve.Api.Http;

/// <summary>Dates as HTTP has them: in GMT, and in whole seconds.</summary>
/// <seealso href="https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7"/>
public static class HttpDates
{
    public static string Format(DateTimeOffset time) => HeaderUtilities.FormatDate(time);

    /// <summary>Takes the three forms that RFC 9110 names; null for anything else.</summary>
    public static DateTimeOffset? Parse(string? text) =>
        !string.IsNullOrEmpty(text) && HeaderUtilities.TryParseDate(text, out var time) ? time : null;

    /// <summary>Cut, not rounded: wherever a time goes out it is the same second.</summary>
    public static DateTimeOffset WholeSeconds(DateTimeOffset time) =>
        new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
