using Varve.Load;

if (args is [] or ["--help" or "-h"])
{
    Console.WriteLine(Options.Help);
    return args.Length == 0 ? 2 : 0;
}

Options options;
try
{
    options = Options.Parse(args);
}
catch (UsageException e)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

var payload = new Payload(options.Seed);
var connections = options.Concurrency * (options.Op == Op.Multipart ? options.Parallel : 1);
List<(Target Target, Workload Workload, Driver Driver, Side Side)> runs = [];
foreach (
    var (endpoint, label) in (ReadOnlySpan<(Endpoint?, string)>)
        [(options.A, options.LabelA), (options.B, options.LabelB)]
)
{
    if (endpoint is null)
        continue;
    var target = new Target(endpoint, options.Region, Math.Max(16, connections));
    var workload = new Workload(options, target, payload);
    runs.Add((target, workload, new Driver(options, workload, endpoint.Pids), new Side(label, [])));
}

try
{
    var errors = 0L;
    foreach (var run in runs)
        await run.Workload.Prepare();
    if (options.Op is not (Op.Delete or Op.Seed) && options.Warmup > TimeSpan.Zero)
        foreach (var run in runs)
            errors += (await run.Driver.Run(options.Warmup)).Errors;
    for (var round = 0; round < options.Rounds; round++)
        foreach (var run in runs)
        {
            if (options.Op == Op.Delete && round > 0)
                await run.Workload.Prepare();
            GC.Collect();
            run.Side.Rounds.Add(await run.Driver.Run(options.Duration));
        }

    Side[] sides = [.. runs.Select(run => run.Side)];
    if (options.Json)
        Report.Json(options, sides, Console.Out);
    else
        Report.Text(options, sides, Console.Out);
    if (options.Cleanup)
        foreach (var run in runs)
            await run.Workload.Cleanup();

    errors += sides.Sum(side => side.Errors);
    if (errors == 0)
        return 0;
    Console.Error.WriteLine($"{errors} errors");
    return 1;
}
catch (Exception e) when (e is ReplyException or HttpRequestException or IOException)
{
    Console.Error.WriteLine($"stopped: {e.Message}");
    return 1;
}
finally
{
    foreach (var run in runs)
        run.Target.Dispose();
}
