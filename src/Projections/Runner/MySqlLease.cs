using System.Data.Common;
using Microsoft.Extensions.Logging;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <summary>
/// The right to do something that one process at a time does, for as long as it is renewed: a row of
/// <c>tbl_lease</c>, by the server's clock. Who holds it may still be late, after a pause of the process: what is done
/// under it must be fenced by itself, as the projections are by their checkpoint. Thread-safe.
/// </summary>
/// <param name="name">What is to be done, such as <c>projector</c>.</param>
/// <param name="holder">Who asks: host and process, for people to read.</param>
public sealed class MySqlLease(MySqlServer server, string name, string holder, TimeProvider clock, ILogger logger)
{
    readonly string name = name;
    readonly TimeProvider clock = clock;
    readonly ILogger logger = logger;

    /// <summary>After a crash the next one takes over when this has passed.</summary>
    static readonly TimeSpan Term = TimeSpan.FromSeconds(5);

    static readonly TimeSpan Renewal = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Asking = TimeSpan.FromSeconds(1);

    const string Insert = """
        INSERT IGNORE INTO tbl_lease (name, holder, expires_at) VALUES (@name, '', '2000-01-01')
        """;

    const string Take = """
        UPDATE tbl_lease SET holder = @holder, expires_at = UTC_TIMESTAMP(6) + INTERVAL @seconds SECOND
        WHERE name = @name AND (holder = @holder OR expires_at < UTC_TIMESTAMP(6))
        """;

    const string Release = """
        UPDATE tbl_lease SET expires_at = '2000-01-01' WHERE name = @name AND holder = @holder
        """;

    const string SelectHolder = "SELECT holder FROM tbl_lease WHERE name = @name AND expires_at >= UTC_TIMESTAMP(6)";

    /// <summary>Whether this process has it now.</summary>
    public bool Held { get; private set; }

    /// <summary>Who has it now, as far as the server knows; null for nobody.</summary>
    public async ValueTask<string?> Holder(CancellationToken cancel)
    {
        await using var session = new SqlSession(await server.Connect(null, cancel));
        return await session.First(new(SelectHolder, name), row => row.GetString(0), cancel);
    }

    /// <summary>Waits until it is had.</summary>
    public async Task<Tenure> Acquire(CancellationToken cancel)
    {
        await using (var session = new SqlSession(await server.Connect(null, cancel)))
            await session.Execute(new(Insert, name), cancel);
        var told = false;
        while (!await Try(cancel))
        {
            if (!told)
                logger.StandingBy(name);
            told = true;
            await Task.Delay(Asking, clock, cancel);
        }
        Held = true;
        logger.LeaseTaken(name);
        return new Tenure(this);
    }

    async ValueTask<bool> Try(CancellationToken cancel)
    {
        await using var session = new SqlSession(await server.Connect(null, cancel));
        return await session.Execute(new(Take, holder, Term.TotalSeconds, name), cancel) == 1;
    }

    async ValueTask GiveBack()
    {
        try
        {
            await using var session = new SqlSession(await server.Connect(null, CancellationToken.None));
            await session.Execute(new(Release, name, holder), CancellationToken.None);
        }
        catch (DbException fault)
        {
            logger.LeaseNotReleased(name, Term, fault); // it ends by itself
        }
    }

    /// <summary>The time during which it is held. Disposing gives it back.</summary>
    public sealed class Tenure : IAsyncDisposable
    {
        readonly MySqlLease lease;
        readonly CancellationTokenSource lost = new();
        readonly CancellationTokenSource end = new();
        readonly Task renewing;

        internal Tenure(MySqlLease lease)
        {
            this.lease = lease;
            renewing = Task.Run(Renew, CancellationToken.None);
        }

        /// <summary>Cancelled when it is held no more, or it can't be known.</summary>
        public CancellationToken Lost => lost.Token;

        async Task Renew()
        {
            try
            {
                await UntilNotRenewed();
            }
            finally
            {
                if (!end.IsCancellationRequested)
                {
                    lease.Held = false;
                    await lost.CancelAsync();
                }
            }
        }

        /// <summary>A server that gives no answer is asked again, as long as the lease can't have ended.</summary>
        async Task UntilNotRenewed()
        {
            var clock = lease.clock;
            var renewed = clock.GetTimestamp();
            while (clock.GetElapsedTime(renewed) < Term - Renewal)
                try
                {
                    await Task.Delay(Renewal, clock, end.Token);
                    var asked = clock.GetTimestamp();
                    using var limit = CancellationTokenSource.CreateLinkedTokenSource(end.Token);
                    limit.CancelAfter(Renewal);
                    if (!await lease.Try(limit.Token))
                        return;
                    renewed = asked;
                }
                catch (Exception fault)
                    when (fault is DbException or OperationCanceledException && !end.IsCancellationRequested)
                {
                    lease.logger.LeaseNotRenewed(lease.name, fault.Message);
                }
        }

        public async ValueTask DisposeAsync()
        {
            await end.CancelAsync();
            await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (lease.Held)
                await lease.GiveBack();
            lease.Held = false;
            lost.Dispose();
            end.Dispose();
        }
    }
}
