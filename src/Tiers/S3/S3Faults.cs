using System.Net;
using System.Net.Sockets;
using Amazon.Runtime;
using Amazon.S3;

namespace Varve.Tiers.S3;

/// <summary>What an S3 server's refusals mean, and how often a request is sent.</summary>
static class S3Faults
{
    const int AttemptsMax = 4;

    /// <summary>Between the first two attempts; four times as long after each.</summary>
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Sends a request until it is answered, some times at most. It must not matter if it is done twice.
    /// </summary>
    /// <exception cref="AmazonS3Exception">There is no such object or upload.</exception>
    /// <exception cref="TierUnavailableException">The server gives no answer, or refuses.</exception>
    public static async Task<TResult> Run<TResult>(string tier, Func<Task<TResult>> send, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                return await send();
            }
            catch (Exception fault) when (!cancel.IsCancellationRequested && IsOfTheServer(fault) && !IsMissing(fault))
            {
                if (!MayPass(fault) || attempt == AttemptsMax)
                    throw Unavailable(tier, fault);
                await Pause(attempt, cancel);
            }
    }

    /// <returns>False when there have been enough attempts.</returns>
    public static async ValueTask<bool> PauseBefore(int attempt, CancellationToken cancel)
    {
        if (attempt > AttemptsMax)
            return false;
        await Pause(attempt - 1, cancel);
        return true;
    }

    /// <summary>There is no such object, or upload; the bucket is there.</summary>
    public static bool IsMissing(Exception fault) =>
        fault is AmazonS3Exception { StatusCode: HttpStatusCode.NotFound, ErrorCode: not "NoSuchBucket" };

    /// <summary>The server refused, or gave no answer. Anything else is a fault of ours, and is not to pass for it.
    /// </summary>
    public static bool IsOfTheServer(Exception fault) => fault is AmazonServiceException || MayPass(fault);

    /// <summary>The same request may be answered otherwise the next time.</summary>
    public static bool MayPass(Exception fault) =>
        fault switch
        {
            AmazonServiceException { StatusCode: 0 } => true, // there was no answer
            AmazonServiceException refused => (int)refused.StatusCode >= 500
                || refused.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout
                || refused.ErrorCode == "RequestTimeout",
            ContentDamagedException or TierUnavailableException => false,
            HttpRequestException or IOException or SocketException or TimeoutException or OperationCanceledException =>
                true,
            AmazonClientException => true,
            _ => false,
        };

    public static TierUnavailableException Unavailable(string tier, Exception fault) =>
        fault as TierUnavailableException
        ?? new(
            tier,
            fault switch
            {
                AmazonServiceException { StatusCode: not 0 } refused =>
                    $"{(int)refused.StatusCode} {refused.ErrorCode} {refused.Message}".TrimEnd(),
                OperationCanceledException => "no answer in time",
                _ => fault.Message,
            },
            fault
        );

    static Task Pause(int attempt, CancellationToken cancel) =>
        Task.Delay(FirstPause * Math.Pow(4, attempt - 1) * (0.5 + Random.Shared.NextDouble()), cancel);
}
