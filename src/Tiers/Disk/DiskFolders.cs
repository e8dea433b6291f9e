using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Varve.Tiers.Disk;

/// <summary>The tier's folders. Holds their lock: a second process would write into the same volumes.</summary>
sealed class DiskFolders : IDisposable
{
    const int PublishAttempts = 5;

    readonly string root;
    readonly string temp;
    readonly SafeFileHandle lockFile;

    public DiskFolders(string root)
    {
        this.root = Path.GetFullPath(root);
        temp = Path.Combine(this.root, "tmp");
        Volumes = Path.Combine(this.root, "volume");
        foreach (var folder in (string[])["tmp", "volume", "part"])
            Directory.CreateDirectory(Path.Combine(this.root, folder));
        // All at once, so that keeping a content has but its own name to sync.
        for (var first = 0; first <= byte.MaxValue; first++)
            Directory.CreateDirectory(
                Path.Combine(this.root, "file", first.ToString("x2", CultureInfo.InvariantCulture))
            );
        Posix.SyncFolder(Path.Combine(this.root, "file"));
        Posix.SyncFolder(this.root);
        lockFile = File.OpenHandle(
            Path.Combine(this.root, "lock"),
            FileMode.OpenOrCreate,
            FileAccess.ReadWrite,
            FileShare.None
        );
    }

    public string Volumes { get; }

    public string PathOf(DiskLocation location) => Path.Combine(root, location.Path);

    public string NewTemp() => Path.Combine(temp, RandomNumberGenerator.GetHexString(32, lowercase: true));

    /// <summary>Deletes what bodies left behind that never came in whole.</summary>
    public int DeleteUnfinished()
    {
        var files = Directory.GetFiles(temp);
        foreach (var file in files)
            File.Delete(file);
        return files.Length;
    }

    /// <summary>Gives a synced file its name; the name is on stable storage when this returns.</summary>
    public void Publish(string tempPath, DiskLocation target)
    {
        var path = PathOf(target);
        var folder = Path.GetDirectoryName(path)!;
        for (var attempt = 1; ; attempt++)
        {
            Directory.CreateDirectory(folder);
            try
            {
                File.Move(tempPath, path, overwrite: true);
                break;
            }
            catch (IOException e)
                when ((e is DirectoryNotFoundException or FileNotFoundException) && attempt < PublishAttempts)
            {
                // A purge has just removed the folder as empty.
            }
        }
        Posix.SyncFolder(folder);
        if (target.Place == DiskPlace.Part)
            Posix.SyncFolder(Path.GetDirectoryName(folder)!); // the upload's folder may be new
    }

    public void Delete(DiskLocation location)
    {
        var path = PathOf(location);
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder))
            return;
        File.Delete(path);
        if (location.Place != DiskPlace.Part)
            return;
        try
        {
            Directory.Delete(folder);
        }
        catch (IOException)
        {
            // It holds other parts, or somebody else has just deleted it.
        }
    }

    public void Dispose() => lockFile.Dispose();
}
