using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Varve.Projections.Databases;

/// <summary>The tables of <c>sql/sqlite/</c>, and a number that changes with them or with what fills them.</summary>
static class SqliteSchema
{
    public static readonly string Script = EmbeddedSql.Of("sqlite/");

    /// <summary>Kept in the database (<c>user_version</c>): any other number there means rebuild.</summary>
    public static readonly int Version =
        BinaryPrimitives.ReadInt32LittleEndian(
            SHA256.HashData(Encoding.UTF8.GetBytes(Script + ReadModelProjections.Names()))
        ) & int.MaxValue;
}
