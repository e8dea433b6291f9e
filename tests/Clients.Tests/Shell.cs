using System.Diagnostics;
using Varve.Server.Tests;

namespace Varve.Clients.Tests;

/// <summary>A bash in a folder of its own, with root's keys in the environment and Debian's programs first.</summary>
sealed class Shell : IDisposable
{
    readonly DataFolder folder = new();
    readonly Dictionary<string, string> environment;

    public Shell(ServerProcess server)
    {
        environment = new()
        {
            ["PATH"] = $"/usr/bin:/bin:{Environment.GetEnvironmentVariable("PATH")}",
            ["HOME"] = folder.Path,
            ["LC_ALL"] = "C.UTF-8",
            ["TZ"] = "UTC",
            ["S3"] = server.S3.AbsoluteUri.TrimEnd('/'),
            ["REST"] = server.Rest.AbsoluteUri.TrimEnd('/'),
            ["AWS_ACCESS_KEY_ID"] = ServerProcess.Root,
            ["AWS_SECRET_ACCESS_KEY"] = ServerProcess.Secret,
            ["AWS_DEFAULT_REGION"] = "us-east-1",
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_PAGER"] = "",
            ["RCLONE_CONFIG"] = Path.Combine(folder.Path, "rclone.conf"),
            ["RCLONE_CONFIG_OTHER_PROVIDER"] = "Other",
            ["RCLONE_CONFIG_MINIO_PROVIDER"] = "Minio",
        };
        foreach (var remote in (string[])["OTHER", "MINIO"])
        {
            environment[$"RCLONE_CONFIG_{remote}_TYPE"] = "s3";
            environment[$"RCLONE_CONFIG_{remote}_ENDPOINT"] = server.S3.AbsoluteUri;
            environment[$"RCLONE_CONFIG_{remote}_REGION"] = "us-east-1";
            environment[$"RCLONE_CONFIG_{remote}_ACCESS_KEY_ID"] = ServerProcess.Root;
            environment[$"RCLONE_CONFIG_{remote}_SECRET_ACCESS_KEY"] = ServerProcess.Secret;
        }
    }

    public string Folder => folder.Path;

    /// <summary>Runs a script with -euxo pipefail; a failing command fails the test, and the trace shows
    /// which.</summary>
    /// <param name="arguments">$1, $2 …: texts that no shell shall read.</param>
    /// <returns>Its output, without blanks at the end.</returns>
    public async Task<string> Run(string script, params string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo("/bin/bash")
        {
            ArgumentList = { "-euxo", "pipefail", "-c", script, "bash" },
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        // What a machine sets for the real AWS is not for these; rclone 1.60 even stops at a bundle of CAs.
        foreach (var name in (string[])["AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN"])
            start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, errors) = (
            process.StandardOutput.ReadToEndAsync(cancel),
            process.StandardError.ReadToEndAsync(cancel)
        );
        await process.WaitForExitAsync(cancel);
        var (said, complained) = (await output, await errors);
        Assert.True(process.ExitCode == 0, $"exit {process.ExitCode}\n{said}\n{complained}");
        return said.TrimEnd();
    }

    public void Dispose() => folder.Dispose();
}
