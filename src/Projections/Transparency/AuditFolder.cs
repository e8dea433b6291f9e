using System.Text;

namespace Varve.Projections.Transparency;

/// <summary>
/// The folder <c>audit</c> of the data folder: <c>key</c> (private), <c>key.pub</c>, <c>checkpoint</c>, and the tiles
/// under the names that C2SP gives them, so that any web server can serve them. The tiles can be built again from the
/// log.
/// </summary>
public sealed class AuditFolder(string root)
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>More files than so many, as in a catch-up, are synced by one call for the whole file system: an fsync
    /// each would take longer than their hashes.</summary>
    const int SyncedSingly = 64;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public string Root => root;

    public string Checkpoint => Path.Combine(root, "checkpoint");

    public string Key => Path.Combine(root, "key");

    public string PublicKey => Path.Combine(root, "key.pub");

    public bool HasTiles => Directory.Exists(Path.Combine(root, "tile"));

    public string PathOf(Tile tile) => Path.Combine(root, tile.Path);

    /// <summary>The log's key; made here, once, if there is none.</summary>
    /// <param name="keyFile">Where the private key lies; null: in this folder.</param>
    /// <param name="origin">The key's name. Null: that of the key there is, or one that no other log has.</param>
    /// <exception cref="FormatException">There is a key, but not of this name; or the file holds none.</exception>
    public NoteSigner LoadKey(string? keyFile, string? origin)
    {
        var path = keyFile ?? Key;
        Directory.CreateDirectory(root);
        if (!File.Exists(path))
        {
            var fresh = NoteSigner.Generate(origin ?? $"varve.local/{Guid.NewGuid():N}");
            Replace(path, fresh.Secret() + "\n", OwnerOnly);
        }
        var signer = NoteSigner.Parse(File.ReadAllText(path).Trim());
        var name = signer.Verifier.Name;
        if (origin is not null && origin != name)
            throw new FormatException($"the key in {path} is that of '{name}': a log keeps its name for life.");
        var verifier = $"{signer.Verifier}\n";
        if (!File.Exists(PublicKey) || File.ReadAllText(PublicKey) != verifier)
            Replace(PublicKey, verifier, mode: null);
        return signer;
    }

    /// <summary>The public key that lies beside the tree. Who doubts the folder takes it from elsewhere.</summary>
    /// <exception cref="FormatException">The file holds none.</exception>
    public NoteVerifier ReadKey() => NoteVerifier.Parse(File.ReadAllText(PublicKey).Trim());

    /// <summary>The latest checkpoint, verbatim; null if none was signed yet.</summary>
    /// <exception cref="DecoderFallbackException">It is not UTF-8.</exception>
    public string? ReadCheckpoint() => File.Exists(Checkpoint) ? Strict.GetString(File.ReadAllBytes(Checkpoint)) : null;

    public void WriteCheckpoint(string note) => Replace(Checkpoint, note, mode: null);

    /// <exception cref="IOException">There is no such file, nor the full one that came in its place, or it is too
    /// short.</exception>
    public byte[] Read(Tile tile)
    {
        var bytes = ReadAny(tile);
        if (tile.Level == Tile.Entries)
            return bytes;
        return bytes.Length >= tile.Width * MerkleHash.Size
            ? bytes[..(tile.Width * MerkleHash.Size)]
            : throw new EndOfStreamException($"{PathOf(tile)} has only {bytes.Length} bytes.");
    }

    byte[] ReadAny(Tile tile)
    {
        try
        {
            return File.ReadAllBytes(PathOf(tile));
        }
        catch (IOException) when (tile.Width < Tile.Full && File.Exists(PathOf(tile.Whole)))
        {
            return File.ReadAllBytes(PathOf(tile.Whole)); // written before its partial ones go
        }
    }

    /// <summary>Puts a tile in its place, not yet on stable storage. A full one ends its partial ones.</summary>
    public void Write(Tile tile, ReadOnlySpan<byte> bytes)
    {
        var path = PathOf(tile);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        var partial = path + ".p";
        if (tile.Width == Tile.Full && Directory.Exists(partial))
            Directory.Delete(partial, recursive: true);
    }

    /// <summary>The tiles are on stable storage when this returns.</summary>
    public void Sync(IReadOnlyList<Tile> tiles)
    {
        foreach (var tile in tiles)
        {
            using var file = File.OpenHandle(PathOf(tile), FileMode.Open, FileAccess.ReadWrite);
            if (tiles.Count > SyncedSingly && FileSystem.Sync(file))
                return;
            RandomAccess.FlushToDisk(file);
        }
    }

    /// <summary>Whole or not at all, on stable storage.</summary>
    static void Replace(string path, string text, UnixFileMode? mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = mode;
        var unfinished = path + ".tmp";
        File.Delete(unfinished); // a mode is given to new files only
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: true);
    }
}
