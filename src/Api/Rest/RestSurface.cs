using System.Data.Common;
using Microsoft.AspNetCore.Http.Features;
using Scalar.AspNetCore;
using Varve.Api.Identity;
using Varve.Api.Web;
using Varve.Domain;
using Varve.EventStores;
using Varve.Tiers;

namespace Varve.Api.Rest;

/// <summary>The REST contract, its documentation and the web page, wired.</summary>
public static class RestSurface
{
    /// <summary>Needs <see cref="Backend"/>, <see cref="Accounts"/> and <see cref="TimeProvider"/> beside it.</summary>
    /// <exception cref="Hosting.SettingsException">A setting of section <c>InstantUpload</c> is wrong.</exception>
    public static IServiceCollection AddRest(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(InstantUploadOptions.From(configuration));
        services.AddSingleton<InstantUploads>();
        services.AddSingleton<RestParts>();
        services.AddRestDocument();
        return services;
    }

    public static void MapRest(this IEndpointRouteBuilder routes)
    {
        foreach (var operation in RestOperations.All)
            routes
                .MapMethods(
                    operation.Path,
                    operation.MethodList,
                    (HttpContext http, RestParts parts) => Run(operation, http, parts)
                )
                .ExcludeFromDescription(); // RestDocument describes it, from its row
        routes.MapWeb();
        routes.MapOpenApi();
        routes.MapScalarApiReference("/reference", RestDocument.Describe).Add(RestDocument.StayHere);
        routes.MapFallback("{**path}", Unknown).ExcludeFromDescription();
    }

    static async Task<IResult> Run(RestOperation operation, HttpContext http, RestParts parts)
    {
        var cancel = http.RequestAborted;
        try
        {
            if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
                limit.MaxRequestBodySize = operation.Body == Body.Form ? RestRequest.FormBytesMax : null;
            var request = new RestRequest(http, parts);
            if (operation.Body == Body.Form)
                await request.ReadForm(cancel);
            if (operation.Access == Access.User)
            {
                await request.Authenticate();
                request.TellWhatIsStale();
                await request.WaitForPosition(cancel);
            }
            if (operation.Access == Access.User && operation.Path.StartsWith("/file/", StringComparison.Ordinal))
                await request.CheckHome(cancel);
            var answer = await operation.Handle(request, cancel);
            await answer.ExecuteAsync(http);
            return Results.Empty;
        }
        catch (RejectedException refused)
        {
            http.EndIfUnread();
            return Answer.Refused(refused.Rejection);
        }
        catch (BadHttpRequestException malformed)
        {
            http.EndIfUnread();
            return Answer.Error(malformed.StatusCode, malformed.StatusCode, malformed.Message);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return Results.Empty; // nobody listens any more
        }
        catch (Exception fault) when (!http.Response.HasStarted)
        {
            return Fault(operation, http, fault);
        }
    }

    static IResult Fault(RestOperation operation, HttpContext http, Exception fault)
    {
        var logger = http.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(RestSurface));
        logger.RequestFailed(http.Request.Method, operation.Path, http.TraceIdentifier, fault);
        http.Response.Headers.Clear();
        http.EndIfUnread();
        if (fault is EventStoreUnavailableException)
            return Answer.Refused(new(ErrorCode.ServiceUnavailable, "The event store gives no answer."));
        if (fault is TierUnavailableException)
            return Answer.Refused(new(ErrorCode.ServiceUnavailable, "The store that has the bytes gives no answer."));
        if (fault is DbException)
            return Answer.Refused(new(ErrorCode.ServiceUnavailable, "The database gives no answer."));
        var row = ErrorTable.For(ErrorCode.InternalError);
        return Answer.Error(row.Status, row.Status, $"{row.Message} Request {http.TraceIdentifier}.");
    }

    /// <summary>Who waits for 100-continue never sends the body after a refusal: on a connection kept open the next
    /// request would be taken for it.</summary>
    static void EndIfUnread(this HttpContext http)
    {
        if (http.Request.Headers.Expect.Count > 0)
            http.Response.Headers.Connection = "close";
    }

    /// <summary>Nothing is here, or nothing for this method.</summary>
    static IResult Unknown(HttpContext http)
    {
        http.EndIfUnread();
        var path = "/" + http.GetRouteValue("path");
        var methods = RestOperations
            .All.Where(row => row.Path.Equals(path.TrimEnd('/'), StringComparison.OrdinalIgnoreCase))
            .SelectMany(row => row.MethodList)
            .ToList();
        if (methods.Count == 0)
            return Answer.Error(404, 404, "There is nothing here; see /reference.");
        http.Response.Headers.Allow = string.Join(", ", methods);
        return Answer.Refused(new(ErrorCode.MethodNotAllowed));
    }
}
