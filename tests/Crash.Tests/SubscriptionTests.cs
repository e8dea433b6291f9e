using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Varve.EventStores;
using Varve.EventStores.EventStoreDb;
using Varve.Server.Tests;

namespace Varve.Crash.Tests;

/// <summary>Both ends of a subscription over the network are killed at random, while somebody writes.</summary>
public sealed class SubscriptionTests(ITestOutputHelper output)
{
    const int Streams = 20;
    const int EventsBetweenKills = 20;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_event_is_delivered_and_applied_exactly_once()
    {
        var kills = Campaign.IsLong ? 200 : 50;
        var dice = new Random(4711);
        using var data = new DataFolder();
        var at = ServerProcess.FreePort();
        var server = await Start(data.Path, at);
        try
        {
            using var stopWriting = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var written = new List<Guid>();
            var writing = Write(at, written, stopWriting.Token);
            var model = new Model();
            for (var kill = 1; kill <= kills; kill++)
            {
                var more = model.Count + dice.Next(1, EventsBetweenKills);
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
                await using var client = Client(at);
                var following = Follow(client, model, stop.Token);
                await model.Reaches(more, Cancel);
                if (dice.Next(2) == 0)
                {
                    await server.DisposeAsync(); // SIGKILL
                    server = await Start(data.Path, at);
                    await model.Reaches(more + EventsBetweenKills, Cancel); // the same subscription goes on
                }
                await stop.CancelAsync();
                await following;
            }
            await stopWriting.CancelAsync();
            await writing;

            await using var last = Client(at);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
            var catchingUp = Follow(last, model, end.Token);
            await model.Reaches(written.Count, Cancel);
            await end.CancelAsync();
            await catchingUp;
            Assert.Equal(written.Order(), model.Applied.Order());
            output.WriteLine($"{kills} kills, {written.Count} events, {model.DeliveredAgain} delivered again");
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    static Task<ServerProcess> Start(string data, Uri events) =>
        ServerProcess.StartWithEvents(data, "chaos", events, [], ["--roles", "events", "--events-insecure"], Cancel);

    static EventStoreDbStore Client(Uri at) =>
        EventStoreDbStore.Open(
            ConnectionString.Parse($"esdb://127.0.0.1:{at.Port}?tls=false"),
            TimeProvider.System,
            NullLogger.Instance
        );

    /// <summary>Appends one event after another, each until it is acknowledged, whatever happens to the server.
    /// </summary>
    static async Task Write(Uri at, List<Guid> written, CancellationToken stop)
    {
        await using var store = Client(at);
        var last = new long[Streams];
        Array.Fill(last, -1);
        for (var number = 0; !stop.IsCancellationRequested; number++)
        {
            var stream = number % Streams;
            var @event = new NewEvent(Guid.NewGuid(), "Tested", Encoding.UTF8.GetBytes($"{number}"), default);
            for (var acknowledged = false; !acknowledged; )
                try
                {
                    var result = await store.Append([new($"chaos-{stream}", new(last[stream]), [@event])], Cancel);
                    Assert.Null(result.Conflict); // nobody else writes: the same event again is no conflict
                    acknowledged = true;
                }
                catch (EventStoreUnavailableException)
                {
                    // Not there yet again: the same event is sent until it is acknowledged.
                }
            last[stream]++;
            written.Add(@event.Id);
        }
    }

    static async Task Follow(EventStoreDbStore store, Model model, CancellationToken stop)
    {
        try
        {
            await foreach (var batch in store.Subscribe(model.Checkpoint, ["chaos-"], stop))
                model.Apply(batch);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Killed.
        }
    }

    /// <summary>Events and checkpoint change together, as in a transaction.</summary>
    sealed class Model
    {
        readonly Lock gate = new();
        TaskCompletionSource grown = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<Guid> Applied { get; } = [];

        public Position Checkpoint { get; private set; } = Position.Start;

        public int DeliveredAgain { get; private set; }

        public int Count
        {
            get
            {
                lock (gate)
                    return Applied.Count;
            }
        }

        public void Apply(EventBatch batch)
        {
            lock (gate)
            {
                foreach (var recorded in batch.Events)
                    if (recorded.Position > Checkpoint)
                        Applied.Add(recorded.Id);
                    else
                        DeliveredAgain++;
                Checkpoint = batch.Upto > Checkpoint ? batch.Upto : Checkpoint;
                grown.SetResult();
                grown = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }

        public async Task Reaches(int count, CancellationToken cancel)
        {
            while (true)
            {
                Task next;
                lock (gate)
                {
                    if (Applied.Count >= count)
                        return;
                    next = grown.Task;
                }
                await next.WaitAsync(cancel);
            }
        }
    }
}
