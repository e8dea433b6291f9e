using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Varve.Tiers.Disk;

/// <summary>The system calls that .NET does not offer. On systems other than Linux the nearest thing.</summary>
static partial class Posix
{
    const int InterruptedCall = 4; // EINTR
    const int PunchHole = 2;
    const int KeepSize = 1;
    const int CloseOnExec = 0x80000;
    const int SetFlags = 4; // F_SETFL

    /// <summary><c>O_DIRECTORY</c> and <c>O_DIRECT</c>: the other way round on ARM.</summary>
    static readonly (int Directory, int Direct) Flags =
        RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? (0x4000, 0x10000) : (0x10000, 0x4000);

    /// <summary>Bytes and size are on stable storage when this returns; times may not be.</summary>
    public static void SyncData(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
            Retry(() => fdatasync(file), "fdatasync");
        else
            RandomAccess.FlushToDisk(file);
    }

    /// <summary>The folder's entries are on stable storage when this returns.</summary>
    public static void SyncFolder(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var folder = new SafeFileHandle(open(path, Flags.Directory | CloseOnExec), ownsHandle: true);
        if (folder.IsInvalid)
            throw Failed("open");
        Retry(() => fsync(folder), "fsync");
    }

    /// <summary>Gives a range's blocks back where the file system knows how; the range then reads as zeros.</summary>
    public static void Punch(SafeFileHandle file, long offset, long length)
    {
        // A file system that can't (EOPNOTSUPP) keeps its blocks: nothing is lost but space.
        if (OperatingSystem.IsLinux() && length > 0)
            _ = fallocate(file, PunchHole | KeepSize, offset, length);
    }

    /// <summary>From here on writes go to the disk without a copy in the page cache, from aligned memory, where the
    /// file system knows how; else as before.</summary>
    public static void BypassCache(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux())
            _ = fcntl(file, SetFlags, Flags.Direct);
    }

    static void Retry(Func<int> call, string name)
    {
        while (call() != 0)
            if (Marshal.GetLastPInvokeError() != InterruptedCall)
                throw Failed(name);
    }

    static IOException Failed(string call)
    {
        var cause = new Win32Exception(Marshal.GetLastPInvokeError());
        return new IOException($"{call}: {cause.Message}", cause);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fallocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int fcntl(SafeFileHandle file, int command, int flags);
}
