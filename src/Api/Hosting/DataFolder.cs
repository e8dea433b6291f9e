namespace Varve.Api.Hosting;

/// <summary>The folder that holds everything of a one-machine Varve. One process at a time.</summary>
sealed class DataFolder : IAsyncDisposable
{
    readonly FileStream claim;

    DataFolder(string path, FileStream claim)
    {
        Root = path;
        this.claim = claim;
    }

    public string Root { get; }

    /// <summary>The bytes.</summary>
    public string Contents => Path.Combine(Root, "contents");

    /// <summary>The read models: can be thrown away and rebuilt from the log.</summary>
    public string Read => Path.Combine(Root, "read");

    /// <summary>Accounts: password hashes, sessions, encrypted secret keys. Not in the log.</summary>
    public string Identity => Path.Combine(Root, "identity");

    /// <summary>The master key of encrypted objects.</summary>
    public string MasterKey => Path.Combine(Root, "sse.key");

    /// <summary>The tree over the log, and its key.</summary>
    public string Audit => AuditOf(Root);

    /// <summary>Where a running server listens to who may write in the folder.</summary>
    public static string ControlOf(string root) => Path.Combine(Path.GetFullPath(root), "control", "socket");

    public static string AuditOf(string root) => Path.Combine(root, "audit");

    /// <summary>Makes the folder if it is missing, and claims it for this process.</summary>
    /// <exception cref="SettingsException">It cannot be used, or another process uses it.</exception>
    public static DataFolder Claim(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(root);
            return new DataFolder(root, OpenClaim(root));
        }
        catch (IOException e) when (Directory.Exists(root))
        {
            throw new SettingsException("Data", $"'{root}' is in use by another varve process. ({e.Message})");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException("Data", $"'{root}' cannot be used: {e.Message}");
        }
    }

    public ValueTask DisposeAsync() => claim.DisposeAsync();

    static FileStream OpenClaim(string root) =>
        new(Path.Combine(root, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
}
