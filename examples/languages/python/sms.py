"""Written by "go generate ./examples/languages" from docs/schemas; do not edit."""

from typing import Any, Literal, NotRequired, TypedDict


class Recipient(TypedDict):
    # Recipient is one recipient. In JSON, it is a string, or, if the text differs by recipient, an object
    # with "to", "variables" and "contentVariables".

    to: str
    variables: NotRequired[dict[str, Any]]
    contentVariables: NotRequired[dict[str, Any]]


# Priority determines which messages go first.
Priority = Literal["high", "normal", "low"]


# OnError determines how to report that a recipient was not texted.
OnError = Literal["complete", "fail"]


# OnUnknown is a policy for unknown outcomes.
OnUnknown = Literal["report", "resend"]


# QuietHours is a part of each day in the local time of each recipient.
QuietHours = TypedDict(
    "QuietHours",
    {
        "from": str,
        "to": str,
        "timeZone": NotRequired[str],
    },
)


class SendSmsInput(TypedDict):
    # SendSmsInput requests one text to each recipient of a list.

    smsFrom: NotRequired[str]
    smsTo: list[Recipient]
    smsBody: NotRequired[str]
    variables: NotRequired[dict[str, Any]]
    metadata: NotRequired[dict[str, Any]]
    defaultRegion: NotRequired[str]
    locale: NotRequired[str]
    timeZone: NotRequired[str]
    account: NotRequired[str]
    label: NotRequired[str]
    giveUpAfter: NotRequired[str]
    priority: NotRequired[Priority]
    onError: NotRequired[OnError]
    idempotencyKey: NotRequired[str]
    onUnknown: NotRequired[OnUnknown]
    messagingServiceSid: NotRequired[str]
    mediaUrl: NotRequired[list[str]]
    contentSid: NotRequired[str]
    contentVariables: NotRequired[dict[str, Any]]
    sendAt: NotRequired[str]
    validityPeriod: NotRequired[int]
    statusCallback: NotRequired[str]
    statusSignals: NotRequired[bool]
    smartEncoded: NotRequired[bool]
    shortenUrls: NotRequired[bool]
    sendAsMms: NotRequired[bool]
    riskCheck: NotRequired[str]
    contentRetention: NotRequired[str]
    addressRetention: NotRequired[str]
    maxPrice: NotRequired[float]
    provideFeedback: NotRequired[bool]
    persistentAction: NotRequired[list[str]]
    quietHours: NotRequired[QuietHours]
    maxSegments: NotRequired[int]


class Message(TypedDict):
    # Message is a text that Twilio has accepted.

    to: str
    sid: str
    status: str
    segments: int


# Code says why something was not sent. Codes that exist in the Alfresco connector have the connector's names.
Code = Literal["MISSING_INPUT", "INVALID_INPUT", "TWILIO_CONNECTION_ERROR", "AUTHENTICATION_CONNECTION_ERROR", "INVALID_REQUEST_ERROR", "INVALID_TO_PHONE_NUMBER_ERROR", "INVALID_FROM_PHONE_NUMBER_ERROR", "PERMISSION_DENIED_ERROR", "INVALID_REGION_TO_PHONE_NUMBER_ERROR", "TEMPLATE_METADATA_ERROR", "TEMPLATE_SYNTAX_ERROR", "UNKNOWN_ERROR", "RATE_LIMITED", "RECIPIENT_OPTED_OUT", "OUTCOME_UNKNOWN", "CANCELLED", "TIME_UP", "WORKER_STOPPED", "NO_ATTEMPT_LEFT", "SENDING_PAUSED", "CAP_REACHED", "QUIET_HOURS"]


class Error(TypedDict):
    # Error is a failure as the payload of SendSms reports it.

    to: NotRequired[str]
    code: Code
    twilioCode: NotRequired[int]
    httpStatus: NotRequired[int]
    message: str
    moreInfo: NotRequired[str]
    retryable: bool
    cap: NotRequired[str]
    recipient: NotRequired[str]


class SendSmsResult(TypedDict):
    # SendSmsResult contains the outcome for each recipient.

    twilioResult: str
    twilioError: str | None
    messages: list[Message]
    errors: list[Error]
    broadcast: NotRequired[dict[str, Any]]


class SendSmsWorkflowInput(TypedDict):
    # SendSmsWorkflowInput is the input of SendSmsWorkflow: the input of the activity, and whether and how
    # long to wait for delivery.

    smsFrom: NotRequired[str]
    smsTo: list[Recipient]
    smsBody: NotRequired[str]
    variables: NotRequired[dict[str, Any]]
    metadata: NotRequired[dict[str, Any]]
    defaultRegion: NotRequired[str]
    locale: NotRequired[str]
    timeZone: NotRequired[str]
    account: NotRequired[str]
    label: NotRequired[str]
    giveUpAfter: NotRequired[str]
    priority: NotRequired[Priority]
    onError: NotRequired[OnError]
    idempotencyKey: NotRequired[str]
    onUnknown: NotRequired[OnUnknown]
    messagingServiceSid: NotRequired[str]
    mediaUrl: NotRequired[list[str]]
    contentSid: NotRequired[str]
    contentVariables: NotRequired[dict[str, Any]]
    sendAt: NotRequired[str]
    validityPeriod: NotRequired[int]
    statusCallback: NotRequired[str]
    statusSignals: NotRequired[bool]
    smartEncoded: NotRequired[bool]
    shortenUrls: NotRequired[bool]
    sendAsMms: NotRequired[bool]
    riskCheck: NotRequired[str]
    contentRetention: NotRequired[str]
    addressRetention: NotRequired[str]
    maxPrice: NotRequired[float]
    provideFeedback: NotRequired[bool]
    persistentAction: NotRequired[list[str]]
    quietHours: NotRequired[QuietHours]
    maxSegments: NotRequired[int]
    waitForDelivery: NotRequired[bool]
    timeout: NotRequired[str]
    redact: NotRequired[bool]


class Delivery(TypedDict):
    # Delivery is the last known status of one message.

    to: str
    sid: str
    status: str
    errorCode: NotRequired[int]
    errorMessage: NotRequired[str]
    recipient: NotRequired[str]
    redacted: NotRequired[bool]


class SendSmsWorkflowResult(TypedDict):
    # SendSmsWorkflowResult is the result of SendSmsWorkflow.

    twilioResult: str
    twilioError: str | None
    messages: list[Message]
    errors: list[Error]
    broadcast: NotRequired[dict[str, Any]]
    deliveries: NotRequired[list[Delivery]]


class Reminder(TypedDict):
    # Reminder is a text that is sent if there is no reply.

    after: str
    smsBody: str


# IfSeveral is a policy for a reply that arrives while several questions are open.
IfSeveral = Literal["oldest", "latest", "code", "refuse"]


class AskSmsWorkflowInput(TypedDict):
    # AskSmsInput is the input of AskSmsWorkflow.

    smsFrom: NotRequired[str]
    messagingServiceSid: NotRequired[str]
    smsTo: str
    smsBody: NotRequired[str]
    variables: NotRequired[dict[str, Any]]
    metadata: NotRequired[dict[str, Any]]
    contentSid: NotRequired[str]
    contentVariables: NotRequired[dict[str, Any]]
    pattern: NotRequired[str]
    reminders: NotRequired[list[Reminder]]
    timeout: NotRequired[str]
    ifSeveral: NotRequired[IfSeveral]
    code: NotRequired[str]
    label: NotRequired[str]
    defaultRegion: NotRequired[str]
    locale: NotRequired[str]
    timeZone: NotRequired[str]
    account: NotRequired[str]


# AskOutcome is how a question ended.
AskOutcome = Literal["answered", "timedOut", "notSent", "cancelled"]


# Reply is a text that answers a question.
Reply = TypedDict(
    "Reply",
    {
        "messageSid": str,
        "body": str,
        "from": str,
        "to": str,
        "accountSid": NotRequired[str],
        "matchGroups": NotRequired[dict[str, Any]],
        "receivedAt": str,
    },
)


class AskSmsWorkflowResult(TypedDict):
    # AskSmsResult is the result of AskSmsWorkflow.

    outcome: AskOutcome
    reply: Reply | None
    sent: SendSmsResult
    reminders: int
