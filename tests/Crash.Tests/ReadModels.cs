using Varve.Server.Tests;

namespace Varve.Crash.Tests;

/// <summary>The read models of a data folder that no server has open.</summary>
static class ReadModels
{
    /// <summary>Catches up, rebuilds beside, and compares row by row.</summary>
    public static Task EqualARebuild(string data, CancellationToken cancel) =>
        ServerProcess.Command("projections-verify", cancel, "projections", "verify", "--data", data);
}
