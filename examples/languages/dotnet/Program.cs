using Shop;
using Temporalio.Client;
using Temporalio.Worker;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    stop.Cancel();
    pressed.Cancel = true;
};
var address = Environment.GetEnvironmentVariable("TEMPORAL_ADDRESS") ?? "localhost:7233";
var client = await TemporalClient.ConnectAsync(new(address));
using var worker = new TemporalWorker(client, new TemporalWorkerOptions("appointments").AddWorkflow<Appointment>());
await worker.ExecuteAsync(stop.Token);
