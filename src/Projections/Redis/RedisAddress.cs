using StackExchange.Redis;

namespace Varve.Projections.Redis;

/// <summary>How a Redis is reached.</summary>
public sealed class RedisAddress
{
    const int TimeoutMilliseconds = 1_000;

    RedisAddress(ConfigurationOptions options) => Options = options;

    internal ConfigurationOptions Options { get; }

    /// <param name="text">Such as <c>127.0.0.1:6379,password=…,ssl=true</c>, or <c>redis://:password@host:6379/0</c>.
    /// </param>
    /// <exception cref="FormatException">It is neither.</exception>
    public static RedisAddress Parse(string text)
    {
        try
        {
            var options = text.Contains("://", StringComparison.Ordinal)
                ? FromUrl(new Uri(text))
                : ConfigurationOptions.Parse(text);
            if (options.EndPoints.Count == 0)
                throw new FormatException("it names no server");
            (options.ConnectTimeout, options.SyncTimeout, options.AsyncTimeout) = (
                TimeoutMilliseconds,
                TimeoutMilliseconds,
                TimeoutMilliseconds
            );
            options.AbortOnConnectFail = false;
            options.BacklogPolicy = BacklogPolicy.FailFast;
            options.ClientName = "varve";
            return new(options);
        }
        catch (Exception wrong) when (wrong is ArgumentException or UriFormatException)
        {
            throw new FormatException(wrong.Message, wrong);
        }
    }

    static ConfigurationOptions FromUrl(Uri url)
    {
        if (url.Scheme is not ("redis" or "rediss"))
            throw new FormatException($"'{url.Scheme}://' is not redis://");
        var user = url.UserInfo.Split(':', 2);
        var options = new ConfigurationOptions
        {
            EndPoints = { { url.Host, url.Port > 0 ? url.Port : 6379 } },
            Ssl = url.Scheme == "rediss",
        };
        if (user[0].Length > 0)
            options.User = Uri.UnescapeDataString(user[0]);
        if (user.Length > 1)
            options.Password = Uri.UnescapeDataString(user[1]);
        if (url.AbsolutePath.Trim('/') is { Length: > 0 } database)
            options.DefaultDatabase = int.TryParse(database, out var number)
                ? number
                : throw new FormatException($"'{database}' is not the number of a database");
        return options;
    }
}
