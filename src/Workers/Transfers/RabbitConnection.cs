using Microsoft.Extensions.Logging;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Varve.Workers.Transfers;

/// <summary>
/// The one connection to the broker, made anew when it was lost, with growing pauses for as long as it takes. Says in
/// the log when the broker goes and when it is back, not each time that it is tried. Thread-safe.
/// </summary>
/// <param name="prepare">Called on every new connection before anybody else gets it.</param>
sealed class RabbitConnection(
    Uri broker,
    Func<IConnection, CancellationToken, Task> prepare,
    TimeProvider clock,
    ILogger logger
) : IAsyncDisposable
{
    static readonly TimeSpan PauseLeast = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan PauseMost = TimeSpan.FromSeconds(15);

    readonly ConnectionFactory factory = new()
    {
        Uri = broker,
        ClientProvidedName = "varve",
        // Lost connections are made anew here, so that whoever used one knows it and begins again.
        AutomaticRecoveryEnabled = false,
        RequestedConnectionTimeout = TimeSpan.FromSeconds(10),
    };

    readonly SemaphoreSlim turn = new(1);
    IConnection? current;

    /// <summary>Why there is none; null while there is one.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whether an exception is the broker's or the network's, and trying again may help.</summary>
    public static bool IsOutage(Exception fault, CancellationToken cancel) =>
        fault is RabbitMQClientException or IOException or TimeoutException or ObjectDisposedException
        || (fault is OperationCanceledException && !cancel.IsCancellationRequested);

    /// <summary>Waits until there is one.</summary>
    public async Task<IConnection> Get(CancellationToken cancel)
    {
        for (var pause = PauseLeast; ; pause = Min(2 * pause, PauseMost))
            try
            {
                return await Open(cancel);
            }
            catch (Exception fault) when (IsOutage(fault, cancel))
            {
                Report(fault);
                await Task.Delay(pause, clock, cancel);
            }
    }

    /// <summary>Does not wait for a broker that does not answer.</summary>
    /// <exception cref="TransferQueueUnavailableException">There is none, and none can be made.</exception>
    public async Task<IConnection> GetNow(CancellationToken cancel)
    {
        try
        {
            return await Open(cancel);
        }
        catch (Exception fault) when (IsOutage(fault, cancel))
        {
            throw Unavailable(fault);
        }
    }

    public TransferQueueUnavailableException Unavailable(Exception fault) =>
        new($"The broker at {broker.Host}:{broker.Port} does not answer: {Deepest(fault).Message}", fault);

    public void Report(Exception fault)
    {
        if (Fault is null)
            logger.BrokerGone(broker.Host, broker.Port, Deepest(fault).Message);
        Fault = $"{broker.Host}:{broker.Port}: {Deepest(fault).Message}";
    }

    public async ValueTask DisposeAsync()
    {
        await Drop();
        turn.Dispose();
    }

    async Task<IConnection> Open(CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            if (current is not { IsOpen: true })
                await Renew(cancel);
            if (Fault is not null)
                logger.BrokerBack(broker.Host, broker.Port);
            Fault = null;
            return current!;
        }
        finally
        {
            turn.Release();
        }
    }

    async Task Renew(CancellationToken cancel)
    {
        await Drop();
        var connection = await factory.CreateConnectionAsync(cancel);
        try
        {
            await prepare(connection, cancel);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
        current = connection;
    }

    async ValueTask Drop()
    {
        if (current is { } old)
            await old.DisposeAsync();
        current = null;
    }

    static Exception Deepest(Exception fault) => fault.GetBaseException();

    static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
