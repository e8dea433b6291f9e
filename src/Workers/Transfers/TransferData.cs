using System.Text.Json;
using System.Text.Json.Serialization;
using Varve.Domain.Contents;

namespace Varve.Workers.Transfers;

/// <summary>A message that asks for a content to be copied to a tier, as the documented contract has it.</summary>
/// <param name="FileHash">SHA-1, 40 lower-case hex digits.</param>
/// <param name="CurLocation">Where its bytes were when the message was written.</param>
/// <param name="DestLocation">Such as <c>ceph/&lt;SHA-256&gt;</c>: the key in the tier, which names the content.</param>
public sealed record TransferData(string FileHash, string CurLocation, string DestLocation, StoreType DestStoreType)
{
    public static TransferData Of(ContentEvent.Stored stored, string tier) =>
        new(
            stored.Sha1,
            stored.Location,
            $"{tier}/{stored.Sha256}",
            StoreTypes.Of(tier) ?? throw new ArgumentException($"'{tier}' is no kind of tier.", nameof(tier))
        );

    /// <summary>The content that is to be copied.</summary>
    /// <exception cref="FormatException">The destination names none.</exception>
    [JsonIgnore]
    public ContentHash Content
    {
        get
        {
            try
            {
                return new(DestLocation[(DestLocation.LastIndexOf('/') + 1)..]);
            }
            catch (ArgumentException fault)
            {
                throw new FormatException($"DestLocation: {fault.Message}", fault);
            }
        }
    }

    public byte[] Encode() => JsonSerializer.SerializeToUtf8Bytes(this, TransferJson.Default.TransferData);

    /// <exception cref="FormatException">Not a message of this kind; says why.</exception>
    public static TransferData Decode(ReadOnlySpan<byte> json)
    {
        try
        {
            var data =
                JsonSerializer.Deserialize(json, TransferJson.Default.TransferData)
                ?? throw new FormatException("null");
            if (!Enum.IsDefined(data.DestStoreType))
                throw new FormatException($"DestStoreType: {(int)data.DestStoreType} is no kind of tier.");
            _ = data.Content;
            return data;
        }
        catch (JsonException fault)
        {
            throw new FormatException(fault.Message, fault);
        }
    }
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(TransferData))]
sealed partial class TransferJson : JsonSerializerContext;
