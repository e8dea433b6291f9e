namespace Varve.Api.Hosting;

/// <summary>What a process does. Flag <c>--roles</c>, setting <c>Varve:Roles</c>.</summary>
[Flags]
enum Roles
{
    /// <summary>Answers REST, the web page and S3.</summary>
    Api = 1,

    /// <summary>Keeps the read models up to date; where there are several, one does and the others stand by.</summary>
    Projector = 2,

    /// <summary>Copies, sweeps, expires, repairs.</summary>
    Worker = 4,

    /// <summary>Serves the embedded log by EventStoreDB's protocol.</summary>
    Events = 8,

    /// <summary>What one process does where it is the only one.</summary>
    All = Api | Projector | Worker,
}

static class RolesSetting
{
    /// <param name="text">Names, separated by commas; null or empty for all.</param>
    /// <exception cref="SettingsException">There is no such role.</exception>
    public static Roles Parse(string? text)
    {
        var names = (text ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length == 0 ? Roles.All : names.Aggregate(default(Roles), (roles, name) => roles | RoleOf(name));
    }

    static Roles RoleOf(string name) =>
        name switch
        {
            "api" => Roles.Api,
            "projector" => Roles.Projector,
            "worker" => Roles.Worker,
            "events" => Roles.Events,
            _ => throw new SettingsException("Roles", $"'{name}' is none of api, projector, worker, events."),
        };
}
