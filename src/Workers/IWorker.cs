namespace Varve.Workers;

/// <summary>Reacts to what happened, beside the requests. What it does may be done twice without harm.</summary>
public interface IWorker
{
    /// <summary>Works until cancelled. Faults are logged and tried again.</summary>
    Task Run(CancellationToken cancel);
}
