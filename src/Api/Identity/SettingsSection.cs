using Varve.Api.Hosting;

namespace Varve.Api.Identity;

/// <summary>Binds a section of the settings to its options.</summary>
static class SettingsSection
{
    /// <exception cref="SettingsException">A value is of the wrong kind.</exception>
    public static TOptions Read<TOptions>(IConfiguration configuration, string section, TOptions unset)
        where TOptions : class
    {
        try
        {
            return configuration.GetSection($"Varve:{section}").Get<TOptions>() ?? unset;
        }
        catch (InvalidOperationException wrong)
        {
            throw new SettingsException(section, wrong.Message);
        }
    }
}
