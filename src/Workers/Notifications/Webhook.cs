using System.Net.Http.Headers;

namespace Varve.Workers.Notifications;

/// <summary>Events by HTTP: a <c>POST</c> each. Any 2xx means that it was taken; all else, that it was not.</summary>
public sealed class Webhook : IEventDestination
{
    static readonly TimeSpan ConnectMost = TimeSpan.FromSeconds(5);
    static readonly TimeSpan KeptMost = TimeSpan.FromMinutes(2);

    readonly HttpClient http;
    readonly Uri url;
    readonly string? authorization;

    /// <param name="name">Without the kind.</param>
    /// <param name="authorization">The header of that name; null for none.</param>
    /// <param name="patience">Until an answer has begun.</param>
    public Webhook(string name, Uri url, string? authorization, TimeSpan patience)
    {
        (Name, this.url, this.authorization) = ($"{name}:webhook", url, authorization);
        http = new(
            new SocketsHttpHandler
            {
                // It goes where the operator said, and nowhere that an answer would send it.
                AllowAutoRedirect = false,
                ConnectTimeout = ConnectMost,
                PooledConnectionLifetime = KeptMost,
                UseCookies = false,
            }
        )
        {
            Timeout = patience,
        };
    }

    public string Name { get; }

    public async Task Send(EventMessage message, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Content = new ReadOnlyMemoryContent(message.Body)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        };
        request.Headers.TryAddWithoutValidation("X-Varve-Event-Id", message.Id);
        if (authorization is not null)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!answer.IsSuccessStatusCode)
                throw new EventNotTakenException($"{url.Host}: status {(int)answer.StatusCode}", inner: null);
        }
        catch (Exception fault)
            when (fault is HttpRequestException
                || (fault is OperationCanceledException && !cancel.IsCancellationRequested)
            )
        {
            throw new EventNotTakenException($"{url.Host}: {fault.GetBaseException().Message}", fault);
        }
    }

    public ValueTask DisposeAsync()
    {
        http.Dispose();
        return ValueTask.CompletedTask;
    }
}
