using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Varve.Domain.Access;
using Varve.Domain.Buckets;
using Varve.Domain.Objects;

namespace Varve.Projections.Databases;

/// <summary>How values are written into columns, and read back.</summary>
static class Columns
{
    const string DateTimeFormat = "yyyy-MM-dd HH:mm:ss";

    /// <summary>As the documented tables have it: UTC, to the second.</summary>
    public static string DateTime(DateTimeOffset at) =>
        at.UtcDateTime.ToString(DateTimeFormat, CultureInfo.InvariantCulture);

    public static string DateTime(DateTime utc) => utc.ToString(DateTimeFormat, CultureInfo.InvariantCulture);

    /// <summary>SQLite has it as the text that was written, MySQL as a value of its own.</summary>
    public static DateTimeOffset ReadDateTime(this DbDataReader row, int column) =>
        row.GetValue(column) is DateTime at
            ? new DateTimeOffset(at, TimeSpan.Zero)
            : DateTimeOffset.ParseExact(
                row.GetString(column),
                DateTimeFormat,
                CultureInfo.InvariantCulture,
                DateTimeStyles.AssumeUniversal
            );

    public static DateTimeOffset ReadTicks(this DbDataReader row, int column) =>
        new(row.GetInt64(column), TimeSpan.Zero);

    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] ReadBytes(this DbDataReader row, int column) => row.GetFieldValue<byte[]>(column);

    public static string ReadUtf8(this DbDataReader row, int column) => Encoding.UTF8.GetString(row.ReadBytes(column));

    public static string ReadHex(this DbDataReader row, int column) => Convert.ToHexStringLower(row.ReadBytes(column));

    public static string? ReadText(this DbDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);

    public static string? Json<T>(T? value, JsonTypeInfo<T> shape)
        where T : class => value is null ? null : JsonSerializer.Serialize(value, shape);

    public static T? ReadJson<T>(this DbDataReader row, int column, JsonTypeInfo<T> shape)
        where T : class => row.IsDBNull(column) ? null : JsonSerializer.Deserialize(row.GetString(column), shape);

    /// <summary>What has no column of its own; null where there is nothing of it.</summary>
    public static string? Details(ObjectEvent.Put put)
    {
        var (headers, user) = (put.Attributes.Headers, put.Attributes.User);
        var details = new ObjectDetails(
            headers is { IsEmpty: false } ? headers : null,
            user is { IsEmpty: false } ? user : null,
            put.Upload,
            put.Encryption
        );
        return Json(details == ObjectDetails.None ? null : details, ColumnJson.Default.ObjectDetails);
    }

    public static ObjectDetails ReadDetails(this DbDataReader row, int json) => Details(row.ReadText(json));

    public static ObjectDetails Details(string? json) =>
        json is null ? ObjectDetails.None : JsonSerializer.Deserialize(json, ColumnJson.Default.ObjectDetails)!;
}

/// <summary>What column <c>attributes</c> holds of an object.</summary>
sealed record ObjectDetails(
    ImmutableSortedDictionary<string, string>? Headers,
    ImmutableSortedDictionary<string, string>? User,
    string? Upload,
    ObjectEncryption? Encryption
)
{
    public static readonly ObjectDetails None = new(null, null, null, null);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true
)]
[JsonSerializable(typeof(ObjectDetails))]
[JsonSerializable(typeof(ObjectLock))]
[JsonSerializable(typeof(LifecycleRules))]
[JsonSerializable(typeof(Acl))]
[JsonSerializable(typeof(PublicAccessBlock))]
[JsonSerializable(typeof(CorsRule[]))]
[JsonSerializable(typeof(ImmutableSortedDictionary<string, string>))]
[JsonSerializable(typeof(BucketEncryption))]
sealed partial class ColumnJson : JsonSerializerContext;
