using System.Text.Json.Serialization.Metadata;
using Varve.Domain;

namespace Varve.Api.Rest;

/// <summary>Makes answers.</summary>
static class Answer
{
    public static IResult Ok() => Enveloped(200, 0, "OK", null, RestJson.Readable.EnvelopeString);

    public static IResult Ok<TData>(TData data, JsonTypeInfo<Envelope<TData>> shape) =>
        Enveloped(200, 0, "OK", data, shape);

    public static IResult Enveloped<TData>(
        int status,
        int code,
        string msg,
        TData? data,
        JsonTypeInfo<Envelope<TData>> shape
    ) => Json(new Envelope<TData>(code, msg, data), shape, status);

    public static IResult Json<TValue>(TValue value, JsonTypeInfo<TValue> shape, int status) =>
        TypedResults.Json(value, shape, contentType: "application/json; charset=utf-8", statusCode: status);

    /// <summary>A refusal, as the error table has it.</summary>
    public static IResult Refused(Rejection rejection)
    {
        var row = ErrorTable.For(rejection.Code);
        var (status, code, msg) = rejection.Code switch
        {
            // The contract's own code, and its message to the letter.
            ErrorCode.PartsMissing => (row.Status, -2, row.Message),
            // S3 says 400 for what HTTP has a status of its own.
            ErrorCode.EntityTooLarge or ErrorCode.MaxMessageLengthExceeded => (413, 413, Text()),
            _ => (row.Status, row.Status, Text()),
        };
        return Error(status, code, msg);

        string Text() => rejection.Detail is null ? row.Message : $"{row.Message} {rejection.Detail}";
    }

    public static IResult Error(int status, int code, string msg) =>
        Enveloped(status, code, msg, null, RestJson.Readable.EnvelopeString);
}
