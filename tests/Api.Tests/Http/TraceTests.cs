using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Varve.Api.Tests.Rest;
using Varve.EventStores;

namespace Varve.Api.Tests.Http;

public sealed class TraceTests(RestServer server) : IClassFixture<RestServer>
{
    [Fact]
    public async Task A_write_is_followed_from_request_to_command_to_append_to_projection()
    {
        var user = await server.NewUser();
        var trace = ActivityTraceId.CreateRandom();
        var ended = new ConcurrentQueue<Activity>();
        var projected = new TaskCompletionSource<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source == Traces.Source || source.Name == "Microsoft.AspNetCore",
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                ended.Enqueue(span);
                if (span.OperationName == "project" && span.Links.Any(link => link.Context.TraceId == trace))
                    projected.TrySetResult(span);
            },
        };
        ActivitySource.AddActivityListener(listener);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/user/keys");
        request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        (await user.Send(request)).EnsureSuccessStatusCode();
        (await user.Upload("untraced.txt", "one more batch"u8.ToArray())).GetProperty("FileName");

        var command = Assert.Single(ended, span => span.TraceId == trace && span.OperationName == "command");
        Assert.Equal("CreateAccessKey", command.GetTagItem("varve.command"));
        Assert.Equal("Microsoft.AspNetCore.Hosting.HttpRequestIn", command.Parent!.OperationName);
        var append = Assert.Single(ended, span => span.TraceId == trace && span.OperationName == "append");
        Assert.Equal(command.SpanId, append.ParentSpanId);
        var project = await projected.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Contains(project.Links, link => link.Context.SpanId == append.SpanId);
        Assert.True((long)project.GetTagItem("varve.position")! >= (long)append.GetTagItem("varve.position")!);
    }

    [Fact]
    public async Task What_is_not_recorded_leaves_no_trace_in_the_log()
    {
        var cancel = TestContext.Current.CancellationToken;
        var before = await LastPosition(cancel); // what other tests had recorded stands before it
        await server.NewUser();
        Assert.NotEqual(before, await LastPosition(cancel));
        await foreach (var recorded in server.Varve.Events.ReadAll(Direction.Forwards, before, 100, cancel))
        {
            if (recorded.Position > before)
                Assert.DoesNotContain("traceparent", Encoding.UTF8.GetString(recorded.Metadata.Span));
        }
    }

    async Task<Position> LastPosition(CancellationToken cancel)
    {
        await foreach (var recorded in server.Varve.Events.ReadAll(Direction.Backwards, Position.End, 1, cancel))
            return recorded.Position;
        return Position.Start;
    }
}
