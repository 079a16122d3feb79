// Written by "go generate ./examples/languages" from docs/schemas; do not edit.
using System.Text.Json.Serialization;

namespace Shop.Sms;

// Recipient is one recipient. In JSON, it is a string, or, if the text differs by recipient, an object with
// "to", "variables" and "contentVariables".
public sealed record Recipient
{
    [JsonPropertyName("to")]
    public required string To { get; init; }
    [JsonPropertyName("variables")]
    public IReadOnlyDictionary<string, object?>? Variables { get; init; }
    [JsonPropertyName("contentVariables")]
    public IReadOnlyDictionary<string, object?>? ContentVariables { get; init; }
}

// QuietHours is a part of each day in the local time of each recipient.
public sealed record QuietHours
{
    [JsonPropertyName("from")]
    public required string From { get; init; }
    [JsonPropertyName("to")]
    public required string To { get; init; }
    [JsonPropertyName("timeZone")]
    public string? TimeZone { get; init; }
}

// SendSmsInput requests one text to each recipient of a list.
public sealed record SendSmsInput
{
    [JsonPropertyName("smsFrom")]
    public string? SmsFrom { get; init; }
    [JsonPropertyName("smsTo")]
    public required IReadOnlyList<Recipient> SmsTo { get; init; }
    [JsonPropertyName("smsBody")]
    public string? SmsBody { get; init; }
    [JsonPropertyName("variables")]
    public IReadOnlyDictionary<string, object?>? Variables { get; init; }
    [JsonPropertyName("metadata")]
    public IReadOnlyDictionary<string, object?>? Metadata { get; init; }
    [JsonPropertyName("defaultRegion")]
    public string? DefaultRegion { get; init; }
    [JsonPropertyName("locale")]
    public string? Locale { get; init; }
    [JsonPropertyName("timeZone")]
    public string? TimeZone { get; init; }
    [JsonPropertyName("account")]
    public string? Account { get; init; }
    [JsonPropertyName("label")]
    public string? Label { get; init; }
    [JsonPropertyName("giveUpAfter")]
    public TimeSpan? GiveUpAfter { get; init; }
    [JsonPropertyName("priority")]
    public string? Priority { get; init; }
    [JsonPropertyName("onError")]
    public string? OnError { get; init; }
    [JsonPropertyName("idempotencyKey")]
    public string? IdempotencyKey { get; init; }
    [JsonPropertyName("onUnknown")]
    public string? OnUnknown { get; init; }
    [JsonPropertyName("messagingServiceSid")]
    public string? MessagingServiceSid { get; init; }
    [JsonPropertyName("mediaUrl")]
    public IReadOnlyList<string>? MediaUrl { get; init; }
    [JsonPropertyName("contentSid")]
    public string? ContentSid { get; init; }
    [JsonPropertyName("contentVariables")]
    public IReadOnlyDictionary<string, object?>? ContentVariables { get; init; }
    [JsonPropertyName("sendAt")]
    public DateTimeOffset? SendAt { get; init; }
    [JsonPropertyName("validityPeriod")]
    public int? ValidityPeriod { get; init; }
    [JsonPropertyName("statusCallback")]
    public string? StatusCallback { get; init; }
    [JsonPropertyName("statusSignals")]
    public bool? StatusSignals { get; init; }
    [JsonPropertyName("smartEncoded")]
    public bool? SmartEncoded { get; init; }
    [JsonPropertyName("shortenUrls")]
    public bool? ShortenUrls { get; init; }
    [JsonPropertyName("sendAsMms")]
    public bool? SendAsMms { get; init; }
    [JsonPropertyName("riskCheck")]
    public string? RiskCheck { get; init; }
    [JsonPropertyName("contentRetention")]
    public string? ContentRetention { get; init; }
    [JsonPropertyName("addressRetention")]
    public string? AddressRetention { get; init; }
    [JsonPropertyName("maxPrice")]
    public double? MaxPrice { get; init; }
    [JsonPropertyName("provideFeedback")]
    public bool? ProvideFeedback { get; init; }
    [JsonPropertyName("persistentAction")]
    public IReadOnlyList<string>? PersistentAction { get; init; }
    [JsonPropertyName("quietHours")]
    public QuietHours? QuietHours { get; init; }
    [JsonPropertyName("maxSegments")]
    public int? MaxSegments { get; init; }
}

// Message is a text that Twilio has accepted.
public sealed record Message
{
    [JsonPropertyName("to")]
    public required string To { get; init; }
    [JsonPropertyName("sid")]
    public required string Sid { get; init; }
    [JsonPropertyName("status")]
    public required string Status { get; init; }
    [JsonPropertyName("segments")]
    public required int Segments { get; init; }
}

// Error is a failure as the payload of SendSms reports it.
public sealed record Error
{
    [JsonPropertyName("to")]
    public string? To { get; init; }
    [JsonPropertyName("code")]
    public required string Code { get; init; }
    [JsonPropertyName("twilioCode")]
    public int? TwilioCode { get; init; }
    [JsonPropertyName("httpStatus")]
    public int? HttpStatus { get; init; }
    [JsonPropertyName("message")]
    public required string Message { get; init; }
    [JsonPropertyName("moreInfo")]
    public string? MoreInfo { get; init; }
    [JsonPropertyName("retryable")]
    public required bool Retryable { get; init; }
    [JsonPropertyName("cap")]
    public string? Cap { get; init; }
    [JsonPropertyName("recipient")]
    public string? Recipient { get; init; }
}

// SendSmsResult contains the outcome for each recipient.
public sealed record SendSmsResult
{
    [JsonPropertyName("twilioResult")]
    public required string TwilioResult { get; init; }
    [JsonPropertyName("twilioError")]
    public required string? TwilioError { get; init; }
    [JsonPropertyName("messages")]
    public required IReadOnlyList<Message> Messages { get; init; }
    [JsonPropertyName("errors")]
    public required IReadOnlyList<Error> Errors { get; init; }
    [JsonPropertyName("broadcast")]
    public IReadOnlyDictionary<string, object?>? Broadcast { get; init; }
}

// SendSmsWorkflowInput is the input of SendSmsWorkflow: the input of the activity, and whether and how long
// to wait for delivery.
public sealed record SendSmsWorkflowInput
{
    [JsonPropertyName("smsFrom")]
    public string? SmsFrom { get; init; }
    [JsonPropertyName("smsTo")]
    public required IReadOnlyList<Recipient> SmsTo { get; init; }
    [JsonPropertyName("smsBody")]
    public string? SmsBody { get; init; }
    [JsonPropertyName("variables")]
    public IReadOnlyDictionary<string, object?>? Variables { get; init; }
    [JsonPropertyName("metadata")]
    public IReadOnlyDictionary<string, object?>? Metadata { get; init; }
    [JsonPropertyName("defaultRegion")]
    public string? DefaultRegion { get; init; }
    [JsonPropertyName("locale")]
    public string? Locale { get; init; }
    [JsonPropertyName("timeZone")]
    public string? TimeZone { get; init; }
    [JsonPropertyName("account")]
    public string? Account { get; init; }
    [JsonPropertyName("label")]
    public string? Label { get; init; }
    [JsonPropertyName("giveUpAfter")]
    public TimeSpan? GiveUpAfter { get; init; }
    [JsonPropertyName("priority")]
    public string? Priority { get; init; }
    [JsonPropertyName("onError")]
    public string? OnError { get; init; }
    [JsonPropertyName("idempotencyKey")]
    public string? IdempotencyKey { get; init; }
    [JsonPropertyName("onUnknown")]
    public string? OnUnknown { get; init; }
    [JsonPropertyName("messagingServiceSid")]
    public string? MessagingServiceSid { get; init; }
    [JsonPropertyName("mediaUrl")]
    public IReadOnlyList<string>? MediaUrl { get; init; }
    [JsonPropertyName("contentSid")]
    public string? ContentSid { get; init; }
    [JsonPropertyName("contentVariables")]
    public IReadOnlyDictionary<string, object?>? ContentVariables { get; init; }
    [JsonPropertyName("sendAt")]
    public DateTimeOffset? SendAt { get; init; }
    [JsonPropertyName("validityPeriod")]
    public int? ValidityPeriod { get; init; }
    [JsonPropertyName("statusCallback")]
    public string? StatusCallback { get; init; }
    [JsonPropertyName("statusSignals")]
    public bool? StatusSignals { get; init; }
    [JsonPropertyName("smartEncoded")]
    public bool? SmartEncoded { get; init; }
    [JsonPropertyName("shortenUrls")]
    public bool? ShortenUrls { get; init; }
    [JsonPropertyName("sendAsMms")]
    public bool? SendAsMms { get; init; }
    [JsonPropertyName("riskCheck")]
    public string? RiskCheck { get; init; }
    [JsonPropertyName("contentRetention")]
    public string? ContentRetention { get; init; }
    [JsonPropertyName("addressRetention")]
    public string? AddressRetention { get; init; }
    [JsonPropertyName("maxPrice")]
    public double? MaxPrice { get; init; }
    [JsonPropertyName("provideFeedback")]
    public bool? ProvideFeedback { get; init; }
    [JsonPropertyName("persistentAction")]
    public IReadOnlyList<string>? PersistentAction { get; init; }
    [JsonPropertyName("quietHours")]
    public QuietHours? QuietHours { get; init; }
    [JsonPropertyName("maxSegments")]
    public int? MaxSegments { get; init; }
    [JsonPropertyName("waitForDelivery")]
    public bool? WaitForDelivery { get; init; }
    [JsonPropertyName("timeout")]
    public TimeSpan? Timeout { get; init; }
    [JsonPropertyName("redact")]
    public bool? Redact { get; init; }
}

// Delivery is the last known status of one message.
public sealed record Delivery
{
    [JsonPropertyName("to")]
    public required string To { get; init; }
    [JsonPropertyName("sid")]
    public required string Sid { get; init; }
    [JsonPropertyName("status")]
    public required string Status { get; init; }
    [JsonPropertyName("errorCode")]
    public int? ErrorCode { get; init; }
    [JsonPropertyName("errorMessage")]
    public string? ErrorMessage { get; init; }
    [JsonPropertyName("recipient")]
    public string? Recipient { get; init; }
    [JsonPropertyName("redacted")]
    public bool? Redacted { get; init; }
}

// SendSmsWorkflowResult is the result of SendSmsWorkflow.
public sealed record SendSmsWorkflowResult
{
    [JsonPropertyName("twilioResult")]
    public required string TwilioResult { get; init; }
    [JsonPropertyName("twilioError")]
    public required string? TwilioError { get; init; }
    [JsonPropertyName("messages")]
    public required IReadOnlyList<Message> Messages { get; init; }
    [JsonPropertyName("errors")]
    public required IReadOnlyList<Error> Errors { get; init; }
    [JsonPropertyName("broadcast")]
    public IReadOnlyDictionary<string, object?>? Broadcast { get; init; }
    [JsonPropertyName("deliveries")]
    public IReadOnlyList<Delivery>? Deliveries { get; init; }
}

// Reminder is a text that is sent if there is no reply.
public sealed record Reminder
{
    [JsonPropertyName("after")]
    public required TimeSpan After { get; init; }
    [JsonPropertyName("smsBody")]
    public required string SmsBody { get; init; }
}

// AskSmsInput is the input of AskSmsWorkflow.
public sealed record AskSmsWorkflowInput
{
    [JsonPropertyName("smsFrom")]
    public string? SmsFrom { get; init; }
    [JsonPropertyName("messagingServiceSid")]
    public string? MessagingServiceSid { get; init; }
    [JsonPropertyName("smsTo")]
    public required string SmsTo { get; init; }
    [JsonPropertyName("smsBody")]
    public string? SmsBody { get; init; }
    [JsonPropertyName("variables")]
    public IReadOnlyDictionary<string, object?>? Variables { get; init; }
    [JsonPropertyName("metadata")]
    public IReadOnlyDictionary<string, object?>? Metadata { get; init; }
    [JsonPropertyName("contentSid")]
    public string? ContentSid { get; init; }
    [JsonPropertyName("contentVariables")]
    public IReadOnlyDictionary<string, object?>? ContentVariables { get; init; }
    [JsonPropertyName("pattern")]
    public string? Pattern { get; init; }
    [JsonPropertyName("reminders")]
    public IReadOnlyList<Reminder>? Reminders { get; init; }
    [JsonPropertyName("timeout")]
    public TimeSpan? Timeout { get; init; }
    [JsonPropertyName("ifSeveral")]
    public string? IfSeveral { get; init; }
    [JsonPropertyName("code")]
    public string? Code { get; init; }
    [JsonPropertyName("label")]
    public string? Label { get; init; }
    [JsonPropertyName("defaultRegion")]
    public string? DefaultRegion { get; init; }
    [JsonPropertyName("locale")]
    public string? Locale { get; init; }
    [JsonPropertyName("timeZone")]
    public string? TimeZone { get; init; }
    [JsonPropertyName("account")]
    public string? Account { get; init; }
}

// Reply is a text that answers a question.
public sealed record Reply
{
    [JsonPropertyName("messageSid")]
    public required string MessageSid { get; init; }
    [JsonPropertyName("body")]
    public required string Body { get; init; }
    [JsonPropertyName("from")]
    public required string From { get; init; }
    [JsonPropertyName("to")]
    public required string To { get; init; }
    [JsonPropertyName("accountSid")]
    public string? AccountSid { get; init; }
    [JsonPropertyName("matchGroups")]
    public IReadOnlyDictionary<string, object?>? MatchGroups { get; init; }
    [JsonPropertyName("receivedAt")]
    public required DateTimeOffset ReceivedAt { get; init; }
}

// AskSmsResult is the result of AskSmsWorkflow.
public sealed record AskSmsWorkflowResult
{
    [JsonPropertyName("outcome")]
    public required string Outcome { get; init; }
    [JsonPropertyName("reply")]
    public required Reply? Reply { get; init; }
    [JsonPropertyName("sent")]
    public required SendSmsResult Sent { get; init; }
    [JsonPropertyName("reminders")]
    public required int Reminders { get; init; }
}
