using System.Data.Common;
using Microsoft.Extensions.Logging;
using Varve.Domain.Projections;
using Varve.EventStores;
using Varve.Projections.Databases;

namespace Varve.Projections.Runner;

/// <summary>
/// Writes events as rows, and how far it has come, in one transaction: an event counts once, and of two projectors on
/// one database the slower one fails. After any exception it is of no use any more. Not thread-safe.
/// </summary>
sealed class Projector : IAsyncDisposable
{
    const string SelectCheckpoint = "SELECT position FROM tbl_checkpoint WHERE name = 'read-models'";

    const string MoveCheckpoint = """
        UPDATE tbl_checkpoint SET position = @to WHERE name = 'read-models' AND position = @from
        """;

    const string InsertStopped = """
        INSERT INTO tbl_stopped (projection, position, stream, revision, type, reason)
        VALUES (@projection, @position, @stream, @revision, @type, @reason)
        """;

    readonly IReadDatabase database;
    readonly SqlSession session;
    readonly IReadOnlyList<IProjection> projections;
    readonly SkippedEvents skipped;
    readonly ILogger logger;
    readonly List<StoppedProjection> stopped = [];

    Projector(
        IReadDatabase database,
        SqlSession session,
        IReadOnlyList<IProjection> projections,
        SkippedEvents skipped,
        ILogger logger
    )
    {
        this.database = database;
        this.session = session;
        this.projections = projections;
        this.skipped = skipped;
        this.logger = logger;
    }

    public Position Checkpoint { get; private set; }

    public IReadOnlyList<StoppedProjection> Stopped => stopped;

    /// <summary>Whether a projection stands before an event that it has been told to leave out since. What it has
    /// missed is had by a rebuild.</summary>
    public bool MayGoOn => stopped.Exists(one => skipped.Contains(one.Projection, one.Stream, one.Revision));

    /// <summary>All streams that any projection reads, by how their names begin; and what is to be skipped.</summary>
    public static IReadOnlyList<string> StreamPrefixes(IReadOnlyList<IProjection> projections) =>
        [
            .. projections.SelectMany(projection => projection.StreamPrefixes).Distinct(StringComparer.Ordinal),
            ProjectionSkips.StreamPrefix,
        ];

    public static async ValueTask<Position> ReadCheckpoint(SqlSession session, CancellationToken cancel) =>
        new(await session.First(new(SelectCheckpoint), row => row.GetInt64(0), cancel));

    /// <param name="session">Is the projector's from here on.</param>
    public static async ValueTask<Projector> Open(
        IReadDatabase database,
        SqlSession session,
        IReadOnlyList<IProjection> projections,
        SkippedEvents skipped,
        ILogger logger,
        CancellationToken cancel
    )
    {
        var projector = new Projector(database, session, projections, skipped, logger);
        try
        {
            projector.Checkpoint = await ReadCheckpoint(session, cancel);
            projector.stopped.AddRange(await StoppedProjection.Read(session, cancel));
            await projector.Remember(cancel);
            return projector;
        }
        catch
        {
            await projector.DisposeAsync();
            throw;
        }
    }

    /// <exception cref="FencedException">Another projector has moved the checkpoint.</exception>
    public async ValueTask Apply(IReadOnlyList<RecordedEvent> events, Position upto, CancellationToken cancel)
    {
        try
        {
            await InTransaction(events, upto, oneByOne: false, cancel);
        }
        catch (Exception fault) when (BlamesEvent(fault))
        {
            await Remember(cancel); // what was rolled back is not remembered either
            await InTransaction(events, upto, oneByOne: true, cancel);
        }
        foreach (var recorded in events)
            skipped.Take(recorded);
        Checkpoint = upto;
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();

    async ValueTask InTransaction(
        IReadOnlyList<RecordedEvent> events,
        Position upto,
        bool oneByOne,
        CancellationToken cancel
    )
    {
        await session.Execute(new("BEGIN"), cancel);
        try
        {
            if (await session.Execute(new(MoveCheckpoint, upto.Value, Checkpoint.Value), cancel) != 1)
                throw new FencedException(Checkpoint);
            if (oneByOne)
                foreach (var recorded in events)
                    await ProjectCarefully(recorded, cancel);
            else
                await session.ExecuteAll(events.SelectMany(Statements), cancel);
            await session.Execute(new("COMMIT"), cancel);
        }
        catch
        {
            await RollBack();
            throw;
        }
    }

    async ValueTask Remember(CancellationToken cancel)
    {
        foreach (var projection in projections)
            await projection.Remember(session, cancel);
    }

    async ValueTask RollBack()
    {
        try
        {
            await session.Execute(new("ROLLBACK"), CancellationToken.None);
        }
        catch (Exception fault) when (fault is DbException or InvalidOperationException)
        {
            // After some faults the database has rolled back by itself, or the connection is open no more; what matters
            // is the fault.
        }
    }

    IEnumerable<Statement> Statements(RecordedEvent recorded)
    {
        Fact? fact = null;
        foreach (var projection in projections)
            if (Takes(projection, recorded))
                foreach (var statement in StatementsOf(projection, recorded, ref fact))
                    yield return statement;
    }

    /// <summary>What one projection can't take must not keep the others from going on.</summary>
    async ValueTask ProjectCarefully(RecordedEvent recorded, CancellationToken cancel)
    {
        Fact? fact = null;
        foreach (var projection in projections.Where(one => Takes(one, recorded)))
        {
            await session.Execute(new("SAVEPOINT event"), cancel);
            try
            {
                foreach (var statement in StatementsOf(projection, recorded, ref fact))
                    await session.Execute(statement, cancel);
            }
            catch (Exception fault) when (BlamesEvent(fault))
            {
                await session.Execute(new("ROLLBACK TO SAVEPOINT event"), cancel);
                await projection.Remember(session, cancel);
                await Stop(projection, recorded, fault, cancel);
            }
            await session.Execute(new("RELEASE SAVEPOINT event"), cancel);
        }
    }

    static IReadOnlyList<Statement> StatementsOf(IProjection projection, RecordedEvent recorded, ref Fact? fact)
    {
        try
        {
            return projection.Project(fact ??= Fact.Of(recorded));
        }
        catch (Exception fault) when (fault is not (OperationCanceledException or OutOfMemoryException))
        {
            throw new PoisonException(fault);
        }
    }

    async ValueTask Stop(IProjection projection, RecordedEvent recorded, Exception fault, CancellationToken cancel)
    {
        var reason = (fault.InnerException ?? fault).Message;
        var (place, stream) = (recorded.Position.Value, Columns.Utf8(recorded.Stream));
        await session.Execute(
            new(InsertStopped, projection.Subject, place, stream, recorded.Revision, recorded.Type, reason),
            cancel
        );
        stopped.Add(
            new(projection.Subject, recorded.Position, recorded.Stream, recorded.Revision, recorded.Type, reason)
        );
        logger.ProjectionStopped(
            projection.Subject,
            recorded.Type,
            recorded.Stream,
            recorded.Revision,
            recorded.Position,
            fault
        );
    }

    bool Takes(IProjection projection, RecordedEvent recorded) =>
        Reads(projection, recorded.Stream)
        && (stopped.Count == 0 || !stopped.Exists(one => one.Projection == projection.Subject))
        && !skipped.Contains(projection.Subject, recorded.Stream, recorded.Revision);

    static bool Reads(IProjection projection, string stream)
    {
        var prefixes = projection.StreamPrefixes;
        for (var i = 0; i < prefixes.Count; i++)
            if (stream.StartsWith(prefixes[i], StringComparison.Ordinal))
                return true;
        return false;
    }

    bool BlamesEvent(Exception fault) =>
        fault is PoisonException || fault is DbException sql && database.Judge(sql) == SqlFault.Statement;

    /// <summary>An event that can't be decoded or projected.</summary>
    sealed class PoisonException(Exception inner) : Exception(inner.Message, inner);
}

/// <summary>Another projector works on the same database, and was faster.</summary>
sealed class FencedException(Position expected)
    : InvalidOperationException($"The checkpoint is not at {expected} any more: another projector has moved it.");
