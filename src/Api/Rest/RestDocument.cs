using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Scalar.AspNetCore;

namespace Varve.Api.Rest;

/// <summary>The OpenAPI document, from the table of operations; and how the reference page shows it.</summary>
static class RestDocument
{
    const string Bearer = "bearer";
    const string Token = "token";
    const string UserName = "username";

    public static void AddRestDocument(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = null; // fields go out as they are declared
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, RestJson.Default);
        });
        services.AddOpenApi(options => options.AddDocumentTransformer(Fill));
    }

    /// <summary>Everything the page needs comes from this server.</summary>
    public static void Describe(ScalarOptions options) =>
        options
            .WithTitle("Varve REST")
            .DisableDefaultFonts()
            .DisableTelemetry()
            .DisableAgent()
            .DisableMcp()
            .HideClientButton();

    /// <summary>Whatever the page's script would like: a browser loads nothing from elsewhere for it.</summary>
    public static void StayHere(EndpointBuilder page)
    {
        const string Policy =
            "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
            + "img-src 'self' data: blob:; font-src 'self' data:; object-src 'none'; base-uri 'none'; "
            + "frame-ancestors 'none'";
        var show = page.RequestDelegate!;
        page.RequestDelegate = http =>
        {
            http.Response.Headers.ContentSecurityPolicy = Policy;
            return show(http);
        };
    }

    static async Task Fill(
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancel
    )
    {
        document.Info = new OpenApiInfo
        {
            Title = "Varve REST",
            Version = "1",
            Description =
                "Parameters go by query string or form; their names may be in any case. Errors are always the envelope "
                + "{code, msg, data}. Every write answers with the header x-varve-position; sent back with a read, the "
                + "read waits until it shows that write. Idempotency-Key makes a write happen once, however often it "
                + "is sent.",
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = Schemes();
        foreach (var row in RestOperations.All)
        {
            if (!document.Paths.TryGetValue(row.Path, out var item))
                document.Paths[row.Path] = item = new OpenApiPathItem { Operations = [] };
            foreach (var method in row.MethodList)
                item.Operations![HttpMethod.Parse(method)] = await OperationOf(row, method, document, context, cancel);
        }
    }

    static Dictionary<string, IOpenApiSecurityScheme> Schemes() =>
        new()
        {
            [Bearer] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "The token of /user/signin.",
            },
            [UserName] = InQuery(UserName),
            [Token] = InQuery(Token),
        };

    static OpenApiSecurityScheme InQuery(string name) =>
        new()
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Query,
            Name = name,
            Description = "username and token together; both may be form fields.",
        };

    static async Task<OpenApiOperation> OperationOf(
        RestOperation row,
        string method,
        OpenApiDocument document,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancel
    )
    {
        var operation = new OpenApiOperation
        {
            OperationId = method + row.Path.Replace('/', '_'),
            Summary = row.Summary,
            Tags = new HashSet<OpenApiTagReference> { new(row.Path.Split('/')[1], document) },
            Parameters = [.. row.ParameterList.Select(ParameterOf)],
            RequestBody = BodyOf(row),
            Responses = await ResponsesOf(row, context, cancel),
        };
        if (row.Access != Access.All)
            operation.Security =
            [
                new() { [new OpenApiSecuritySchemeReference(Bearer, document)] = [] },
                new()
                {
                    [new OpenApiSecuritySchemeReference(UserName, document)] = [],
                    [new OpenApiSecuritySchemeReference(Token, document)] = [],
                },
            ];
        return operation;
    }

    static IOpenApiParameter ParameterOf((string Name, bool Required) parameter)
    {
        var (type, meaning) = RestParameters.All[parameter.Name];
        return new OpenApiParameter
        {
            Name = parameter.Name,
            In = ParameterLocation.Query,
            Required = parameter.Required,
            Description = meaning,
            Schema = new OpenApiSchema { Type = type == "integer" ? JsonSchemaType.Integer : JsonSchemaType.String },
        };
    }

    static OpenApiRequestBody? BodyOf(RestOperation row) =>
        row.Body switch
        {
            Body.Chunk => new()
            {
                Required = true,
                Description = "The chunk: ChunkSize bytes, or what is left for the last.",
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["application/octet-stream"] = new OpenApiMediaType { Schema = Binary() },
                },
            },
            Body.Files => new()
            {
                Required = true,
                Content = new Dictionary<string, OpenApiMediaType>
                {
                    ["multipart/form-data"] = new OpenApiMediaType
                    {
                        Schema = new OpenApiSchema
                        {
                            Type = JsonSchemaType.Object,
                            Required = new HashSet<string> { "file" },
                            Properties = new Dictionary<string, IOpenApiSchema>
                            {
                                [UserName] = new OpenApiSchema { Type = JsonSchemaType.String },
                                [Token] = new OpenApiSchema { Type = JsonSchemaType.String },
                                ["filename"] = new OpenApiSchema { Type = JsonSchemaType.String },
                                ["file"] = Binary(),
                            },
                        },
                    },
                },
            },
            _ => null,
        };

    static OpenApiSchema Binary() => new() { Type = JsonSchemaType.String, Format = "binary" };

    static async Task<OpenApiResponses> ResponsesOf(
        RestOperation row,
        OpenApiDocumentTransformerContext context,
        CancellationToken cancel
    )
    {
        var error = await context.GetOrCreateSchemaAsync(typeof(Envelope<string>), null, cancel);
        var responses = new OpenApiResponses
        {
            ["200"] = new OpenApiResponse
            {
                Description = "OK",
                Content = row.Data switch
                {
                    Type type => Content("application/json", await context.GetOrCreateSchemaAsync(type, null, cancel)),
                    string media => Content(media, Binary()),
                    _ => throw new InvalidOperationException(row.Path),
                },
            },
            ["default"] = new OpenApiResponse
            {
                Description = "An error: the status says which, the envelope says why.",
                Content = Content("application/json", error),
            },
        };
        if (row.Body == Body.Files)
            responses["302"] = new OpenApiResponse { Description = "To /file/upload/success." };
        if (row.Path == "/file/download")
        {
            responses["206"] = new OpenApiResponse { Description = "The range.", Content = Content("*/*", Binary()) };
            responses["304"] = new OpenApiResponse { Description = "Not modified." };
        }
        return responses;
    }

    static Dictionary<string, OpenApiMediaType> Content(string media, IOpenApiSchema schema) =>
        new() { [media] = new OpenApiMediaType { Schema = schema } };
}
