namespace Varve.Server.Tests;

/// <summary>How long the tests may take: <c>VARVE_LONG=1</c> asks for the whole campaigns.</summary>
public static class Campaign
{
    public static bool IsLong { get; } = Environment.GetEnvironmentVariable("VARVE_LONG") == "1";
}
