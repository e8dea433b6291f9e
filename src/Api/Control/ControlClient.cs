using System.Net.Sockets;
using Varve.Api.Hosting;
using Varve.Projections.Runner;
using Varve.Workers;
using Varve.Workers.Notifications;
using Varve.Workers.Transfers;

namespace Varve.Api.Control;

/// <summary>Asks the server that runs on a data folder. Dispose it.</summary>
sealed class ControlClient : IDisposable
{
    readonly HttpClient http;

    ControlClient(string path) =>
        http = new(
            new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = async (_, cancel) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            }
        )
        {
            BaseAddress = new("http://varve"),
            Timeout = Timeout.InfiniteTimeSpan,
        };

    /// <returns>Null if no server listens there.</returns>
    public static async Task<ControlClient?> Connect(string data, CancellationToken cancel)
    {
        var path = DataFolder.ControlOf(data);
        if (!ControlSurface.CanListen(path) || !File.Exists(path))
            return null;
        var client = new ControlClient(path);
        try
        {
            await client.Projections(cancel);
            return client;
        }
        catch (HttpRequestException fault) when (fault.InnerException is SocketException)
        {
            client.Dispose();
            return null;
        }
    }

    public async Task<IReadOnlyList<ProjectionState>> Projections(CancellationToken cancel) =>
        (await http.GetFromJsonAsync<IReadOnlyList<ProjectionState>>(ControlPaths.Projections, cancel))!;

    public Task<RebuildProgress?> RebuildProgress(CancellationToken cancel) =>
        http.GetFromJsonAsync<RebuildProgress?>(ControlPaths.Rebuild, cancel);

    /// <summary>Returns when the read models have been rebuilt and are in use.</summary>
    /// <exception cref="SettingsException">It failed.</exception>
    public async Task Rebuild(CancellationToken cancel) =>
        await Checked(await http.PostAsync(ControlPaths.Rebuild, content: null, cancel), cancel);

    /// <returns>What each projection skips.</returns>
    /// <exception cref="SettingsException">It was refused.</exception>
    public Task<IReadOnlyList<string>> Skip(SkipRequest request, CancellationToken cancel) =>
        Skip(ControlPaths.Skip, request, cancel);

    public async Task<IReadOnlyList<DestinationState>> Notifications(CancellationToken cancel) =>
        (await http.GetFromJsonAsync<IReadOnlyList<DestinationState>>(ControlPaths.Notifications, cancel))!;

    /// <returns>What each destination leaves out.</returns>
    /// <exception cref="SettingsException">It was refused.</exception>
    public Task<IReadOnlyList<string>> SkipNotification(SkipRequest request, CancellationToken cancel) =>
        Skip(ControlPaths.SkipNotification, request, cancel);

    /// <exception cref="SettingsException">The queue does not answer.</exception>
    public async Task<IReadOnlyList<TransferQueueState>> Transfers(CancellationToken cancel)
    {
        var reply = await Checked(await http.GetAsync(ControlPaths.Transfers, cancel), cancel);
        return (await reply.Content.ReadFromJsonAsync<IReadOnlyList<TransferQueueState>>(cancel))!;
    }

    /// <param name="tier">Null for all.</param>
    /// <returns>How many transfers come again.</returns>
    /// <exception cref="SettingsException">It was refused.</exception>
    public async Task<long> RetryTransfers(string? tier, CancellationToken cancel)
    {
        var reply = await Checked(await http.PostAsJsonAsync(ControlPaths.RetryTransfers, tier, cancel), cancel);
        return await reply.Content.ReadFromJsonAsync<long>(cancel);
    }

    /// <summary>How the pass is, or the last one was; null if there was none.</summary>
    public Task<ScrubPass?> Scrub(CancellationToken cancel) =>
        http.GetFromJsonAsync<ScrubPass?>(ControlPaths.Scrub, cancel);

    /// <summary>Asks for a pass.</summary>
    /// <returns>The one before, or the one that is under way.</returns>
    public async Task<ScrubPass?> BeginScrub(CancellationToken cancel)
    {
        var reply = await Checked(await http.PostAsync(ControlPaths.Scrub, content: null, cancel), cancel);
        return await reply.Content.ReadFromJsonAsync<ScrubPass?>(cancel);
    }

    /// <exception cref="SettingsException">It was refused.</exception>
    public async Task<QuotaState> Quota(QuotaRequest request, CancellationToken cancel)
    {
        var reply = await Checked(await http.PostAsJsonAsync(ControlPaths.Quota, request, cancel), cancel);
        return (await reply.Content.ReadFromJsonAsync<QuotaState>(cancel))!;
    }

    public void Dispose() => http.Dispose();

    async Task<IReadOnlyList<string>> Skip(string path, SkipRequest request, CancellationToken cancel)
    {
        var reply = await Checked(await http.PostAsJsonAsync(path, request, cancel), cancel);
        return (await reply.Content.ReadFromJsonAsync<IReadOnlyList<string>>(cancel))!;
    }

    static async Task<HttpResponseMessage> Checked(HttpResponseMessage reply, CancellationToken cancel) =>
        reply.IsSuccessStatusCode ? reply : throw new SettingsException(await reply.Content.ReadAsStringAsync(cancel));
}
