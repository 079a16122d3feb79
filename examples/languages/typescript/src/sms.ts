// Written by "go generate ./examples/languages" from docs/schemas; do not edit.

// Recipient is one recipient. In JSON, it is a string, or, if the text differs by recipient, an object with
// "to", "variables" and "contentVariables".
export interface Recipient {
  to: string;
  variables?: Record<string, unknown>;
  contentVariables?: Record<string, unknown>;
}

// Priority determines which messages go first.
export type Priority = 'high' | 'normal' | 'low';

// OnError determines how to report that a recipient was not texted.
export type OnError = 'complete' | 'fail';

// OnUnknown is a policy for unknown outcomes.
export type OnUnknown = 'report' | 'resend';

// QuietHours is a part of each day in the local time of each recipient.
export interface QuietHours {
  from: string;
  to: string;
  timeZone?: string;
}

// SendSmsInput requests one text to each recipient of a list.
export interface SendSmsInput {
  smsFrom?: string;
  smsTo: Recipient[];
  smsBody?: string;
  variables?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  defaultRegion?: string;
  locale?: string;
  timeZone?: string;
  account?: string;
  label?: string;
  giveUpAfter?: string;
  priority?: Priority;
  onError?: OnError;
  idempotencyKey?: string;
  onUnknown?: OnUnknown;
  messagingServiceSid?: string;
  mediaUrl?: string[];
  contentSid?: string;
  contentVariables?: Record<string, unknown>;
  sendAt?: string;
  validityPeriod?: number;
  statusCallback?: string;
  statusSignals?: boolean;
  smartEncoded?: boolean;
  shortenUrls?: boolean;
  sendAsMms?: boolean;
  riskCheck?: string;
  contentRetention?: string;
  addressRetention?: string;
  maxPrice?: number;
  provideFeedback?: boolean;
  persistentAction?: string[];
  quietHours?: QuietHours;
  maxSegments?: number;
}

// Message is a text that Twilio has accepted.
export interface Message {
  to: string;
  sid: string;
  status: string;
  segments: number;
}

// Code says why something was not sent. Codes that exist in the Alfresco connector have the connector's
// names.
export type Code = 'MISSING_INPUT' | 'INVALID_INPUT' | 'TWILIO_CONNECTION_ERROR' | 'AUTHENTICATION_CONNECTION_ERROR' | 'INVALID_REQUEST_ERROR' | 'INVALID_TO_PHONE_NUMBER_ERROR' | 'INVALID_FROM_PHONE_NUMBER_ERROR' | 'PERMISSION_DENIED_ERROR' | 'INVALID_REGION_TO_PHONE_NUMBER_ERROR' | 'TEMPLATE_METADATA_ERROR' | 'TEMPLATE_SYNTAX_ERROR' | 'UNKNOWN_ERROR' | 'RATE_LIMITED' | 'RECIPIENT_OPTED_OUT' | 'OUTCOME_UNKNOWN' | 'CANCELLED' | 'TIME_UP' | 'WORKER_STOPPED' | 'NO_ATTEMPT_LEFT' | 'SENDING_PAUSED' | 'CAP_REACHED' | 'QUIET_HOURS';

// Error is a failure as the payload of SendSms reports it.
export interface Error {
  to?: string;
  code: Code;
  twilioCode?: number;
  httpStatus?: number;
  message: string;
  moreInfo?: string;
  retryable: boolean;
  cap?: string;
  recipient?: string;
}

// SendSmsResult contains the outcome for each recipient.
export interface SendSmsResult {
  twilioResult: string;
  twilioError: string | null;
  messages: Message[];
  errors: Error[];
  broadcast?: Record<string, unknown>;
}

// SendSmsWorkflowInput is the input of SendSmsWorkflow: the input of the activity, and whether and how long
// to wait for delivery.
export interface SendSmsWorkflowInput {
  smsFrom?: string;
  smsTo: Recipient[];
  smsBody?: string;
  variables?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  defaultRegion?: string;
  locale?: string;
  timeZone?: string;
  account?: string;
  label?: string;
  giveUpAfter?: string;
  priority?: Priority;
  onError?: OnError;
  idempotencyKey?: string;
  onUnknown?: OnUnknown;
  messagingServiceSid?: string;
  mediaUrl?: string[];
  contentSid?: string;
  contentVariables?: Record<string, unknown>;
  sendAt?: string;
  validityPeriod?: number;
  statusCallback?: string;
  statusSignals?: boolean;
  smartEncoded?: boolean;
  shortenUrls?: boolean;
  sendAsMms?: boolean;
  riskCheck?: string;
  contentRetention?: string;
  addressRetention?: string;
  maxPrice?: number;
  provideFeedback?: boolean;
  persistentAction?: string[];
  quietHours?: QuietHours;
  maxSegments?: number;
  waitForDelivery?: boolean;
  timeout?: string;
  redact?: boolean;
}

// Delivery is the last known status of one message.
export interface Delivery {
  to: string;
  sid: string;
  status: string;
  errorCode?: number;
  errorMessage?: string;
  recipient?: string;
  redacted?: boolean;
}

// SendSmsWorkflowResult is the result of SendSmsWorkflow.
export interface SendSmsWorkflowResult {
  twilioResult: string;
  twilioError: string | null;
  messages: Message[];
  errors: Error[];
  broadcast?: Record<string, unknown>;
  deliveries?: Delivery[];
}

// Reminder is a text that is sent if there is no reply.
export interface Reminder {
  after: string;
  smsBody: string;
}

// IfSeveral is a policy for a reply that arrives while several questions are open.
export type IfSeveral = 'oldest' | 'latest' | 'code' | 'refuse';

// AskSmsInput is the input of AskSmsWorkflow.
export interface AskSmsWorkflowInput {
  smsFrom?: string;
  messagingServiceSid?: string;
  smsTo: string;
  smsBody?: string;
  variables?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  contentSid?: string;
  contentVariables?: Record<string, unknown>;
  pattern?: string;
  reminders?: Reminder[];
  timeout?: string;
  ifSeveral?: IfSeveral;
  code?: string;
  label?: string;
  defaultRegion?: string;
  locale?: string;
  timeZone?: string;
  account?: string;
}

// AskOutcome is how a question ended.
export type AskOutcome = 'answered' | 'timedOut' | 'notSent' | 'cancelled';

// Reply is a text that answers a question.
export interface Reply {
  messageSid: string;
  body: string;
  from: string;
  to: string;
  accountSid?: string;
  matchGroups?: Record<string, unknown>;
  receivedAt: string;
}

// AskSmsResult is the result of AskSmsWorkflow.
export interface AskSmsWorkflowResult {
  outcome: AskOutcome;
  reply: Reply | null;
  sent: SendSmsResult;
  reminders: number;
}
