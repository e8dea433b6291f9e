using System.Diagnostics;
using System.Globalization;
using Varve.Access;
using Varve.Domain.Access;

Console.WriteLine("| policy | bytes | ACL | µs a decision | bytes allocated a decision |");
Console.WriteLine("|---|--:|---|--:|--:|");
foreach (var (name, policy) in Policies.All)
{
    Measure(name, policy, acl: null);
    Measure(name, policy, Policies.HundredGrants);
}

static void Measure(string name, string? text, Acl? acl)
{
    var bucket = BucketAccess.Private("ana") with
    {
        Policy = text is null ? null : PolicyReader.Read(text, Policies.Bucket),
        Acl = acl,
    };
    var best = TimeSpan.MaxValue;
    long bytes = 0;
    const int Decisions = 20_000;
    for (var round = 0; round < 8; round++)
    {
        var (begun, allocated) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        for (var i = 0; i < Decisions; i++)
            if (!Authorization.Allows(Policies.Ask(i), bucket, acl))
                throw new InvalidOperationException($"{name}: refused.");
        best = Stopwatch.GetElapsedTime(begun) is var taken && taken < best ? taken : best;
        bytes = (GC.GetAllocatedBytesForCurrentThread() - allocated) / Decisions;
    }
    var time = (best.TotalMicroseconds / Decisions).ToString("0.00", CultureInfo.InvariantCulture);
    Console.WriteLine($"| {name} | {text?.Length ?? 0} | {(acl is null ? "none" : "100 grants")} | {time} | {bytes} |");
}
