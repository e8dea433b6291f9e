namespace Varve.Api.Identity;

/// <summary>Files that only the server's own account may read (mode 0600).</summary>
static class PrivateFile
{
    /// <summary>Makes the file whole or not at all, on stable storage.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var unfinished = path + ".tmp";
        File.Delete(unfinished); // a mode is given to new files only
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path, overwrite: true);
    }
}
