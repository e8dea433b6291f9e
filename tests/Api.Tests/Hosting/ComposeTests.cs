using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using Varve.Api.Hosting;
using Varve.Api.Identity;
using Varve.Api.Rest;

namespace Varve.Api.Tests.Hosting;

/// <summary>The files that describe a deployment speak of what the code knows.</summary>
public sealed partial class ComposeTests
{
    static readonly string Repository = FindRepository();

    [Theory, InlineData("docker-compose.yml"), InlineData("Dockerfile")]
    public void Every_setting_in_a_file_is_one_that_the_code_reads_and_takes(string file)
    {
        var settings = Settings(file);
        Assert.NotEmpty(settings);
        var asked = new RecordingProvider(settings);
        var configuration = new ConfigurationRoot([asked]);
        var read = Varve.Api.Hosting.Settings.From(configuration);
        StorageOptions.From(configuration);
        var identity = IdentityOptions.From(configuration);
        InstantUploadOptions.From(configuration);
        AuditOptions.From(configuration);
        EventsOptions.From(configuration);
        if (identity.Key is { } key)
            SecretBox.Of(key);
        Assert.Equal([], settings.Keys.Where(name => !asked.Asked.Contains(name)).Order());
        Assert.Equal(file == "docker-compose.yml", read.Outside);
    }

    [Fact]
    public void A_metric_of_a_dashboard_or_an_alert_is_one_that_the_code_makes()
    {
        var made = Directory
            .EnumerateFiles(Path.Combine(Repository, "src"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(path => Made().Matches(File.ReadAllText(path)))
            .Select(match => match.Groups[1].Value.Replace('.', '_'))
            .ToHashSet();
        Assert.NotEmpty(made);
        foreach (var file in (string[])["deploy/grafana/dashboards/varve.json", "deploy/prometheus/alerts.yml"])
        foreach (Match used in Used().Matches(File.ReadAllText(Path.Combine(Repository, file))))
            Assert.Contains(Suffix().Replace(used.Value, ""), made);
    }

    [Fact]
    public void Every_image_has_a_version_and_every_role_is_there_twice()
    {
        var compose = File.ReadAllText(Path.Combine(Repository, "docker-compose.yml"));
        var images = Image().Matches(compose).Select(match => match.Groups[1].Value).ToList();
        Assert.All(
            images.Where(image => image != "varve:latest"),
            image => Assert.Matches(":v?[0-9]+\\.[0-9]+", image)
        );
        foreach (var service in (string[])["api", "projector", "worker"])
        foreach (var number in (int[])[1, 2])
            Assert.Matches($"(?m)^  {service}-{number}:", compose);
    }

    /// <summary>By configuration key, with the default of each variable that is asked for.</summary>
    static Dictionary<string, string> Settings(string file) =>
        Setting()
            .Matches(File.ReadAllText(Path.Combine(Repository, file)))
            .Where(match => match.Groups[1].Value != "Varve__Roles")
            .ToDictionary(
                match => match.Groups[1].Value.Replace("__", ":", StringComparison.Ordinal),
                match => Default().Replace(match.Groups[2].Value.Trim('"'), "$1"),
                StringComparer.OrdinalIgnoreCase
            );

    static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Varve.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(@"\b(Varve__\w+)(?:: |=)(\S+)")]
    private static partial Regex Setting();

    [GeneratedRegex(@"\$\{\w+:-([^}]*)\}")]
    private static partial Regex Default();

    [GeneratedRegex(@"""(varve\.[a-z_.0-9]+)""")]
    private static partial Regex Made();

    [GeneratedRegex(@"\bvarve_[a-z_0-9]+\b(?=[{\[\) >])")]
    private static partial Regex Used();

    [GeneratedRegex(@"(_bytes)?_total$|_seconds_(count|bucket)$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"^ +image: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Image();

    /// <summary>Notes what it is asked for.</summary>
    sealed class RecordingProvider(Dictionary<string, string> settings) : ConfigurationProvider
    {
        public HashSet<string> Asked { get; } = new(StringComparer.OrdinalIgnoreCase);

        public override void Load() => Data = settings.ToDictionary(one => one.Key, one => (string?)one.Value);

        public override bool TryGet(string key, out string? value)
        {
            Asked.Add(key);
            return base.TryGet(key, out value);
        }
    }
}
