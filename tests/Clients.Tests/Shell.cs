using System.Diagnostics;
using Varve.Server.Tests;

namespace Varve.Clients.Tests;

/// <summary>A bash in a folder of its own, with root's keys in the environment and Debian's programs first.</summary>
sealed class Shell : IDisposable
{
    /// <summary>Below which buckets are hosts; as Varve__S3__Domain.</summary>
    public const string Domain = "s3.test";

    readonly DataFolder folder = new();
    readonly Dictionary<string, string> environment;

    public Shell(ServerProcess server)
    {
        var byName = $"http://{Domain}:{server.S3.Port}";
        environment = new()
        {
            ["PATH"] = $"/usr/bin:/bin:{Environment.GetEnvironmentVariable("PATH")}",
            ["HOME"] = folder.Path,
            ["LC_ALL"] = "C.UTF-8",
            ["TZ"] = "UTC",
            ["S3"] = server.S3.AbsoluteUri.TrimEnd('/'),
            ["S3_BY_NAME"] = byName,
            ["REST"] = server.Rest.AbsoluteUri.TrimEnd('/'),
            ["AWS_ACCESS_KEY_ID"] = ServerProcess.Root,
            ["AWS_SECRET_ACCESS_KEY"] = ServerProcess.Secret,
            ["AWS_DEFAULT_REGION"] = "us-east-1",
            ["AWS_EC2_METADATA_DISABLED"] = "true",
            ["AWS_PAGER"] = "",
            ["RCLONE_CONFIG"] = Path.Combine(folder.Path, "rclone.conf"),
            ["RESTIC_PASSWORD"] = "restic",
        };
        foreach (var remote in (string[])["Other", "Minio", "AWS"])
        {
            var prefix = $"RCLONE_CONFIG_{remote.ToUpperInvariant()}";
            environment[$"{prefix}_TYPE"] = "s3";
            environment[$"{prefix}_PROVIDER"] = remote;
            environment[$"{prefix}_ENDPOINT"] = remote == "AWS" ? byName : server.S3.AbsoluteUri;
            environment[$"{prefix}_REGION"] = "us-east-1";
            environment[$"{prefix}_ACCESS_KEY_ID"] = ServerProcess.Root;
            environment[$"{prefix}_SECRET_ACCESS_KEY"] = ServerProcess.Secret;
        }
    }

    public string Folder => folder.Path;

    /// <summary>Runs a script with -euxo pipefail; a failing command fails the test, and the trace shows
    /// which.</summary>
    /// <param name="arguments">$1, $2 …: texts that no shell shall read.</param>
    /// <returns>Its output, without blanks at the end.</returns>
    public Task<string> Run(string script, params string[] arguments) => Execute(["/bin/bash"], script, arguments);

    /// <summary>As <see cref="Run"/>, where the hosts of <paramref name="buckets"/> are this machine: for clients
    /// that write a bucket into the host. The names, and what the script mounts, are its own.</summary>
    public async Task<string> RunByName(string[] buckets, string script, params string[] arguments)
    {
        var hosts = buckets.Select(bucket => $"127.0.0.1 {bucket}.{Domain}\n");
        var file = Path.Combine(Folder, "hosts");
        await File.WriteAllTextAsync(file, $"127.0.0.1 localhost {Domain}\n{string.Concat(hosts)}");
        const string Name = "mount --bind hosts /etc/hosts\n";
        return await Execute(["/usr/bin/unshare", "--mount", "/bin/bash"], Name + script, arguments);
    }

    async Task<string> Execute(string[] shell, string script, string[] arguments)
    {
        var cancel = TestContext.Current.CancellationToken;
        var start = new ProcessStartInfo(shell[0])
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var argument in (string[])[.. shell[1..], "-euxo", "pipefail", "-c", script, "bash", .. arguments])
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
