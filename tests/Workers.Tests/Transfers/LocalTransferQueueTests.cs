using Varve.Workers.Transfers;

namespace Varve.Workers.Tests.Transfers;

public sealed class LocalTransferQueueTests : TransferQueueContract, IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("varve-transfers-").FullName;

    protected override ValueTask<ITransferQueue> Open() =>
        new(new LocalTransferQueue(Path.Combine(folder, "transfers.db"), Pace, TimeProvider.System));

    /// <summary>The file is always there.</summary>
    protected override Task Restart() => Task.CompletedTask;

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
