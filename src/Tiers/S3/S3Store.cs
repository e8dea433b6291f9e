using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.RegularExpressions;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;

namespace Varve.Tiers.S3;

/// <summary>
/// One bucket of an S3 server. What is small and seldom goes through the SDK. Bodies do not: signed here, they are
/// neither hashed once more nor copied, and are never sent in aws-chunked, which OSS refuses. Thread-safe.
/// </summary>
/// <remarks>Every call sends its request again when the fault may pass; calls throw
/// <see cref="TierUnavailableException"/> when that has not helped.</remarks>
sealed partial class S3Store : IDisposable
{
    const int RefusalBytesMax = 16 * 1024;
    static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(5);

    readonly S3TierOptions options;
    readonly TimeProvider clock;
    readonly SocketsHttpHandler connections;
    readonly HttpMessageInvoker http;
    readonly AmazonS3Client client;
    readonly S3Signer signer;
    bool ensured;

    public S3Store(S3TierOptions options, TimeProvider clock)
    {
        (this.options, this.clock) = (options, clock);
        connections = new()
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ActivityHeadersPropagator = null,
            ConnectTimeout = ConnectPatience,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // so that a changed DNS entry is seen
        };
        if (options.Connect is { } connect)
            connections.ConnectCallback = (context, cancel) => connect(context.DnsEndPoint, cancel);
        http = new(connections);
        signer = new(options, clock);
        client = new(
            new BasicAWSCredentials(options.AccessKey, options.SecretKey),
            new AmazonS3Config
            {
                ServiceURL = options.Endpoint.ToString(),
                AuthenticationRegion = options.Region,
                ForcePathStyle = options.Addressing == S3Addressing.Path,
                RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
                ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
                MaxErrorRetry = 0, // attempts are counted in one place
                HttpClientFactory = new SharedConnections(connections, options.Patience),
            }
        );
    }

    public string Tier => options.Name;

    /// <summary>Makes the bucket where it is missing; looks once.</summary>
    public async Task EnsureBucket(CancellationToken cancel)
    {
        if (Volatile.Read(ref ensured))
            return;
        try
        {
            await Run(() => client.HeadBucketAsync(new() { BucketName = options.Bucket }, cancel), cancel);
        }
        catch (AmazonS3Exception missing) when (S3Faults.IsMissing(missing))
        {
            await MakeBucket(cancel);
        }
        Volatile.Write(ref ensured, true);
    }

    /// <summary>Asks once for the bucket, be it there or not: whether the server answers, and knows us.</summary>
    public async Task Probe(CancellationToken cancel)
    {
        try
        {
            await client.HeadBucketAsync(new() { BucketName = options.Bucket }, cancel);
        }
        catch (Exception fault) when (S3Faults.IsMissing(fault))
        {
            return; // the first write makes it
        }
        catch (Exception fault) when (S3Faults.IsOfTheServer(fault))
        {
            throw S3Faults.Unavailable(options.Name, fault);
        }
    }

    /// <param name="md5">16 bytes: what arrives otherwise is refused.</param>
    public async Task Put(string key, GatheredBytes bytes, byte[] md5, CancellationToken cancel)
    {
        await EnsureBucket(cancel);
        await Run(() => Send(key, query: "", bytes, md5, cancel), cancel);
    }

    /// <returns>The upload's id.</returns>
    public async Task<string> BeginUpload(string key, CancellationToken cancel)
    {
        await EnsureBucket(cancel);
        var request = new InitiateMultipartUploadRequest { BucketName = options.Bucket, Key = key };
        return (await Run(() => client.InitiateMultipartUploadAsync(request, cancel), cancel)).UploadId;
    }

    public async Task<PartETag> PutPart(
        string key,
        string uploadId,
        int number,
        GatheredBytes bytes,
        CancellationToken cancel
    )
    {
        var query = string.Create(
            CultureInfo.InvariantCulture,
            $"partNumber={number}&uploadId={Uri.EscapeDataString(uploadId)}"
        );
        return new(number, await Run(() => Send(key, query, bytes, md5: null, cancel), cancel));
    }

    /// <summary>Makes one object of an upload's parts. Where the answer is lost, the object tells.</summary>
    /// <param name="size">Of the whole, in bytes.</param>
    public async Task CompleteUpload(
        string key,
        string uploadId,
        List<PartETag> parts,
        long size,
        CancellationToken cancel
    )
    {
        var request = new CompleteMultipartUploadRequest
        {
            BucketName = options.Bucket,
            Key = key,
            UploadId = uploadId,
            PartETags = parts,
        };
        try
        {
            await Run(() => client.CompleteMultipartUploadAsync(request, cancel), cancel);
        }
        catch (Exception lost) when (lost is TierUnavailableException || S3Faults.IsMissing(lost))
        {
            // The object may be an older one of the same size; the upload is gone only when it has become the object.
            if (await SizeOf(key, cancel) != size || await IsOpen(key, uploadId, cancel))
                throw S3Faults.Unavailable(Tier, lost);
        }
    }

    /// <summary>Drops the parts of an upload; fine if there is none.</summary>
    public async Task AbortUpload(string key, string uploadId, CancellationToken cancel)
    {
        var request = new AbortMultipartUploadRequest
        {
            BucketName = options.Bucket,
            Key = key,
            UploadId = uploadId,
        };
        await UnlessMissing(() => client.AbortMultipartUploadAsync(request, cancel), cancel);
    }

    /// <summary>Deletes an object; fine if there is none.</summary>
    public async Task Delete(string bucket, string key, CancellationToken cancel) =>
        await UnlessMissing(() => client.DeleteObjectAsync(bucket, key, cancel), cancel);

    /// <summary>Sends for an object, once; the answer's headers are there, its body is not.</summary>
    /// <param name="from">Of the first byte.</param>
    /// <param name="to">Of the last byte; null for the whole.</param>
    /// <exception cref="AmazonS3Exception">The server refuses.</exception>
    public async Task<HttpResponseMessage> Get(S3Location at, long from, long? to, CancellationToken cancel)
    {
        using var request = signer.Request(HttpMethod.Get, at.Bucket, at.Key, query: "");
        if (to is not null)
            request.Headers.Range = new RangeHeaderValue(from, to);
        return await Ask(request, cancel);
    }

    /// <summary>A small object, whole.</summary>
    /// <exception cref="ContentDamagedException">It is missing, or larger than <paramref name="bytesMax"/>.</exception>
    public async Task<byte[]> Read(S3Location at, int bytesMax, CancellationToken cancel)
    {
        try
        {
            return await Run(ReadOnce, cancel);
        }
        catch (AmazonS3Exception missing) when (S3Faults.IsMissing(missing))
        {
            throw new ContentDamagedException(at.ToString(), "the object is missing");
        }

        async Task<byte[]> ReadOnce()
        {
            using var response = await Get(at, from: 0, to: null, cancel);
            if (response.Content.Headers.ContentLength is not { } length || length > bytesMax)
                throw new ContentDamagedException(at.ToString(), $"more than {bytesMax} bytes");
            return await response.Content.ReadAsByteArrayAsync(cancel).WaitAsync(options.Patience, clock, cancel);
        }
    }

    /// <summary>Uploads to the bucket, whoever's, that were begun before <paramref name="before"/> and are still open.
    /// </summary>
    public async Task<IReadOnlyList<(string Key, string UploadId)>> OpenUploads(
        DateTimeOffset before,
        CancellationToken cancel
    )
    {
        var found = new List<(string, string)>();
        var request = new ListMultipartUploadsRequest { BucketName = options.Bucket };
        while (true)
        {
            var page = await Run(() => client.ListMultipartUploadsAsync(request, cancel), cancel);
            foreach (var upload in page.MultipartUploads ?? [])
                if (upload.Initiated is { } begun && begun.ToUniversalTime() < before.UtcDateTime)
                    found.Add((upload.Key, upload.UploadId));
            if (page.IsTruncated != true)
                return found;
            (request.KeyMarker, request.UploadIdMarker) = (page.NextKeyMarker, page.NextUploadIdMarker);
        }
    }

    /// <summary>Keys of objects last written from <paramref name="from"/> until before <paramref name="before"/>.
    /// </summary>
    public async IAsyncEnumerable<string> Keys(
        string prefix,
        DateTimeOffset from,
        DateTimeOffset before,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel
    )
    {
        var request = new ListObjectsV2Request { BucketName = options.Bucket, Prefix = prefix };
        while (true)
        {
            var page = await Run(() => client.ListObjectsV2Async(request, cancel), cancel);
            foreach (var found in page.S3Objects ?? [])
                if (
                    found.LastModified?.ToUniversalTime() is { } written
                    && written >= from.UtcDateTime
                    && written < before.UtcDateTime
                )
                    yield return found.Key;
            if (page.IsTruncated != true)
                yield break;
            request.ContinuationToken = page.NextContinuationToken;
        }
    }

    public void Dispose()
    {
        client.Dispose();
        http.Dispose();
    }

    async Task MakeBucket(CancellationToken cancel)
    {
        try
        {
            await Run(
                () => client.PutBucketAsync(new PutBucketRequest { BucketName = options.Bucket }, cancel),
                cancel
            );
        }
        catch (TierUnavailableException refused)
            when (refused.InnerException is AmazonS3Exception { ErrorCode: "BucketAlreadyOwnedByYou" })
        {
            // Another process was first.
        }
    }

    /// <returns>Null if there is no such object.</returns>
    async Task<long?> SizeOf(string key, CancellationToken cancel)
    {
        try
        {
            return (await Run(() => client.GetObjectMetadataAsync(options.Bucket, key, cancel), cancel)).ContentLength;
        }
        catch (AmazonS3Exception missing) when (S3Faults.IsMissing(missing))
        {
            return null;
        }
    }

    async Task<bool> IsOpen(string key, string uploadId, CancellationToken cancel)
    {
        var request = new ListPartsRequest
        {
            BucketName = options.Bucket,
            Key = key,
            UploadId = uploadId,
            MaxParts = 1,
        };
        try
        {
            await Run(() => client.ListPartsAsync(request, cancel), cancel);
            return true;
        }
        catch (AmazonS3Exception missing) when (S3Faults.IsMissing(missing))
        {
            return false;
        }
    }

    Task<TResult> Run<TResult>(Func<Task<TResult>> send, CancellationToken cancel) => S3Faults.Run(Tier, send, cancel);

    async Task UnlessMissing<TResult>(Func<Task<TResult>> send, CancellationToken cancel)
    {
        try
        {
            await Run(send, cancel);
        }
        catch (AmazonS3Exception missing) when (S3Faults.IsMissing(missing)) { }
    }

    /// <returns>The ETag, as it came.</returns>
    async Task<string> Send(string key, string query, GatheredBytes bytes, byte[]? md5, CancellationToken cancel)
    {
        using var request = signer.Request(HttpMethod.Put, options.Bucket, key, query);
        request.Content = bytes.Body();
        request.Content.Headers.ContentMD5 = md5;
        using var response = await Ask(request, cancel);
        return response.Headers.NonValidated.TryGetValues("ETag", out var etag)
            ? etag.ToString()
            : throw new HttpRequestException("an answer without ETag");
    }

    /// <exception cref="AmazonS3Exception">The server refuses.</exception>
    /// <exception cref="OperationCanceledException">It gave no answer in time.</exception>
    async Task<HttpResponseMessage> Ask(HttpRequestMessage request, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(options.Patience);
        var response = await http.SendAsync(request, patience.Token);
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
        {
            await using var body = await response.Content.ReadAsStreamAsync(patience.Token);
            var start = new byte[RefusalBytesMax];
            var length = await body.ReadAtLeastAsync(start, start.Length, throwOnEndOfStream: false, patience.Token);
            var code = Code().Match(System.Text.Encoding.UTF8.GetString(start, 0, length)).Groups[1].Value;
            throw new AmazonS3Exception("", ErrorType.Unknown, code, requestId: null, response.StatusCode);
        }
    }

    /// <summary>The SDK's requests share our connections.</summary>
    sealed class SharedConnections(HttpMessageHandler connections, TimeSpan patience) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) =>
            new(connections, disposeHandler: false) { Timeout = patience };

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => true;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }

    [GeneratedRegex("<Code>([^<]*)</Code>")]
    private static partial Regex Code();
}
