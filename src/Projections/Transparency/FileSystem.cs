using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Varve.Projections.Transparency;

/// <summary>The one system call that .NET does not offer here.</summary>
static partial class FileSystem
{
    /// <summary>Everything that was written to the file's file system is on stable storage when this returns.</summary>
    /// <returns>False: this system has no such call.</returns>
    /// <seealso href="https://man7.org/linux/man-pages/man2/syncfs.2.html"/>
    public static bool Sync(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        if (syncfs(file) == 0)
            return true;
        var cause = new Win32Exception(Marshal.GetLastPInvokeError());
        throw new IOException($"syncfs: {cause.Message}", cause);
    }

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int syncfs(SafeFileHandle file);
}
