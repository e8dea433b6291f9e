using System.Reflection;

namespace Varve.Tidy.Tests;

/// <summary>Dependencies point inwards; Domain knows nobody.</summary>
public sealed class DependencyTests
{
    /// <summary>Who may see whom, directly or through another.</summary>
    public static readonly TheoryData<string, string[]> Allowed = new()
    {
        { "Domain", [] },
        { "EventStores", ["Domain"] },
        { "Tiers", ["Domain"] },
        { "Projections", ["Domain", "EventStores"] },
        { "Workers", ["Domain", "EventStores", "Projections", "Tiers"] },
        { "Api", ["Domain", "EventStores", "Projections", "Tiers", "Workers"] },
    };

    /// <summary>The one project of src that may see a package, by the beginning of the package's name.</summary>
    public static readonly TheoryData<string, string> Owned = new()
    {
        { "Grpc", "EventStores" },
        { "Google.Protobuf", "EventStores" },
        { "BouncyCastle", "Projections" },
        { "MySqlConnector", "Projections" },
        { "StackExchange.Redis", "Projections" },
        { "RabbitMQ", "Workers" },
        { "AWSSDK", "Tiers" },
        { "FluentValidation", "Domain" },
        { "Scalar", "Api" },
        { "Spectre", "Api" },
    };

    [Theory, MemberData(nameof(Allowed))]
    public void A_project_refers_only_inwards(string project, string[] allowed) =>
        Offences.None(
            Items($"src/{project}/{project}.csproj", "ProjectReference")
                .Select(path => Path.GetFileNameWithoutExtension(path))
                .Except(allowed)
        );

    [Theory, MemberData(nameof(Allowed))]
    public void An_assembly_sees_only_inwards(string project, string[] allowed)
    {
        var assembly = Assembly.Load(project == "Api" ? "varve" : $"Varve.{project}");
        var seen = assembly.GetReferencedAssemblies().Select(name => name.Name!);
        var ours = seen.Where(name => name.StartsWith("Varve.", StringComparison.OrdinalIgnoreCase));
        Offences.None(ours.Except(allowed.Select(name => $"Varve.{name}")));
        Assert.DoesNotContain("varve", assembly.GetReferencedAssemblies().Select(name => name.Name));
    }

    [Fact]
    public void The_table_above_has_every_project() =>
        Assert.Equal(
            Repository
                .Projects.Where(path => path.StartsWith("src/", StringComparison.Ordinal))
                .Select(path => Path.GetFileNameWithoutExtension(path)),
            Allowed.Select(row => row.Data.Item1).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Domain_is_pure()
    {
        string[] allowed = ["FluentValidation", "MediatR", "MediatR.Contracts", "netstandard"];
        var seen = Assembly.Load("Varve.Domain").GetReferencedAssemblies().Select(name => name.Name!);
        Offences.None(seen.Where(name => !name.StartsWith("System.", StringComparison.Ordinal)).Except(allowed));
        Assert.Equal(["FluentValidation", "MediatR"], Items("src/Domain/Domain.csproj", "PackageReference").Order());
    }

    [Theory]
    [InlineData("System.Net.Http")]
    [InlineData("System.Net.Sockets")]
    [InlineData("System.IO.FileSystem")]
    [InlineData("System.Diagnostics.Process")]
    [InlineData("System.Threading.Thread")]
    public void Domain_does_no_IO(string assembly) =>
        Assert.DoesNotContain(
            assembly,
            Assembly.Load("Varve.Domain").GetReferencedAssemblies().Select(name => name.Name)
        );

    [Theory, MemberData(nameof(Owned))]
    public void A_package_is_seen_by_the_project_that_it_is_for(string package, string owner)
    {
        var users =
            from path in Repository.Projects
            where path.StartsWith("src/", StringComparison.Ordinal)
            where Items(path, "PackageReference").Any(name => name.StartsWith(package, StringComparison.Ordinal))
            select Path.GetFileNameWithoutExtension(path);
        Offences.None(users.Except([owner]));
    }

    static IEnumerable<string> Items(string project, string kind) =>
        Repository
            .Xml(project)
            .Descendants(kind)
            .Select(item => ((string)item.Attribute("Include")!).Replace('\\', '/'));
}
