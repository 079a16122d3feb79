using System.Text.Json;
using Shop.Sms;
using Temporalio.Workflows;

namespace Shop;

/// <summary>Who has the appointment.</summary>
public sealed record Guest(string Phone, string Name);

/// <summary>An appointment: remind, wait for delivery, ask, and react to a text.</summary>
[Workflow]
public class Appointment
{
    // The SMS workers poll this task queue.
    private const string TaskQueue = "twilio";
    private const string From = "+15005550006";

    private static readonly ChildWorkflowOptions Child = new() { TaskQueue = TaskQueue };

    private bool isLate;

    /// <summary>Sent by the "late" trigger, with the text that matched.</summary>
    [WorkflowSignal("late")]
    public Task LateAsync(JsonElement message)
    {
        isLate = true;
        return Task.CompletedTask;
    }

    [WorkflowRun]
    public async Task<string> RunAsync(Guest guest)
    {
        Recipient[] recipients = [new Recipient { To = guest.Phone }];
        var variables = new Dictionary<string, object?> { ["name"] = guest.Name };

        var reminder = new SendSmsWorkflowInput
        {
            SmsFrom = From,
            SmsTo = recipients,
            SmsBody = "Dear ${name}, we expect you on Monday at 10.",
            Variables = variables,
            WaitForDelivery = true,
            Timeout = TimeSpan.FromMinutes(10),
        };
        var reminded = await Workflow.ExecuteChildWorkflowAsync<SendSmsWorkflowResult>("SendSmsWorkflow", [reminder], Child);
        if (reminded.Deliveries?.FirstOrDefault()?.Status != "delivered")
        {
            return "not reached";
        }

        var question = new AskSmsWorkflowInput
        {
            SmsFrom = From,
            SmsTo = guest.Phone,
            SmsBody = "Will you come? Yes or no?",
            Pattern = @"(?i)^(yes|no)\b",
            Timeout = TimeSpan.FromDays(1),
        };
        var asked = await Workflow.ExecuteChildWorkflowAsync<AskSmsWorkflowResult>("AskSmsWorkflow", [question], Child);
        if (asked.Reply is null)
        {
            return asked.Outcome;
        }
        if (asked.Reply.Body.StartsWith("no", StringComparison.OrdinalIgnoreCase))
        {
            return "not coming";
        }

        if (!await Workflow.WaitConditionAsync(() => isLate, TimeSpan.FromDays(7)))
        {
            return "coming";
        }
        var answer = new SendSmsInput
        {
            SmsFrom = From,
            SmsTo = recipients,
            SmsBody = "We will wait for you, ${name}.",
            Variables = variables,
        };
        await Workflow.ExecuteActivityAsync<SendSmsResult>(
            "SendSms",
            [answer],
            new() { TaskQueue = TaskQueue, StartToCloseTimeout = TimeSpan.FromMinutes(10), HeartbeatTimeout = TimeSpan.FromMinutes(1) });
        return "coming late";
    }
}
