using System.Text.RegularExpressions;

namespace Varve.Tidy.Tests;

/// <summary>What holds the repository together.</summary>
public sealed partial class HouseTests
{
    [Fact]
    public void Every_project_is_in_the_solution_and_nothing_else_is() =>
        Assert.Equal(
            Repository.Projects,
            Repository
                .Xml("Varve.slnx")
                .Descendants("Project")
                .Select(project => (string)project.Attribute("Path")!)
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void Every_project_has_its_packages_locked() =>
        Offences.None(
            Repository.Projects.Where(path =>
                !File.Exists(Path.Combine(Repository.Full(Path.GetDirectoryName(path)!), "packages.lock.json"))
            )
        );

    [Fact]
    public void A_version_of_a_package_stands_in_one_place() =>
        Offences.None(
            Repository.Projects.Where(path =>
                Repository.Xml(path).Descendants("PackageReference").Any(item => item.Attribute("Version") is not null)
            )
        );

    [Fact]
    public void Every_link_from_a_page_to_a_file_leads_somewhere() =>
        Offences.None(
            from page in Repository.Pages
            from link in Link().Matches(Repository.Text(page))
            let path = link.Groups[1].Value.Split('#')[0]
            where path.Length > 0 && !path.Contains("://", StringComparison.Ordinal)
            where !Path.Exists(Path.Combine(Path.GetDirectoryName(Repository.Full(page))!, path))
            select $"{page}: {path}"
        );

    [Fact]
    public void Every_test_project_is_run_by_the_test_command() =>
        Assert.Contains("tests/*.Tests", Repository.Text("test.sh"), StringComparison.Ordinal);

    [GeneratedRegex(@"(?<!`)\[[^\]`]+\]\(([^)\s]+)\)")]
    private static partial Regex Link();
}
