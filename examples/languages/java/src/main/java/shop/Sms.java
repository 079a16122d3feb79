// Written by "go generate ./examples/languages" from docs/schemas; do not edit.
package shop;

import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;

/** What calls to the SMS workers take and return. */
public final class Sms {
  private Sms() {}

  // Recipient is one recipient. In JSON, it is a string, or, if the text differs by recipient, an object with
  // "to", "variables" and "contentVariables".
  public static class Recipient {
    public String to;
    public Map<String, Object> variables;
    public Map<String, Object> contentVariables;
  }

  // QuietHours is a part of each day in the local time of each recipient.
  public static class QuietHours {
    public String from;
    public String to;
    public String timeZone;
  }

  // SendSmsInput requests one text to each recipient of a list.
  public static class SendSmsInput {
    public String smsFrom;
    public List<Recipient> smsTo;
    public String smsBody;
    public Map<String, Object> variables;
    public Map<String, Object> metadata;
    public String defaultRegion;
    public String locale;
    public String timeZone;
    public String account;
    public String label;
    public Duration giveUpAfter;
    public String priority;
    public String onError;
    public String idempotencyKey;
    public String onUnknown;
    public String messagingServiceSid;
    public List<String> mediaUrl;
    public String contentSid;
    public Map<String, Object> contentVariables;
    public OffsetDateTime sendAt;
    public Integer validityPeriod;
    public String statusCallback;
    public Boolean statusSignals;
    public Boolean smartEncoded;
    public Boolean shortenUrls;
    public Boolean sendAsMms;
    public String riskCheck;
    public String contentRetention;
    public String addressRetention;
    public Double maxPrice;
    public Boolean provideFeedback;
    public List<String> persistentAction;
    public QuietHours quietHours;
    public Integer maxSegments;
  }

  // Message is a text that Twilio has accepted.
  public static class Message {
    public String to;
    public String sid;
    public String status;
    public Integer segments;
  }

  // Error is a failure as the payload of SendSms reports it.
  public static class Error {
    public String to;
    public String code;
    public Integer twilioCode;
    public Integer httpStatus;
    public String message;
    public String moreInfo;
    public Boolean retryable;
    public String cap;
    public String recipient;
  }

  // SendSmsResult contains the outcome for each recipient.
  public static class SendSmsResult {
    public String twilioResult;
    public String twilioError;
    public List<Message> messages;
    public List<Error> errors;
    public Map<String, Object> broadcast;
  }

  // SendSmsWorkflowInput is the input of SendSmsWorkflow: the input of the activity, and whether and how long
  // to wait for delivery.
  public static class SendSmsWorkflowInput {
    public String smsFrom;
    public List<Recipient> smsTo;
    public String smsBody;
    public Map<String, Object> variables;
    public Map<String, Object> metadata;
    public String defaultRegion;
    public String locale;
    public String timeZone;
    public String account;
    public String label;
    public Duration giveUpAfter;
    public String priority;
    public String onError;
    public String idempotencyKey;
    public String onUnknown;
    public String messagingServiceSid;
    public List<String> mediaUrl;
    public String contentSid;
    public Map<String, Object> contentVariables;
    public OffsetDateTime sendAt;
    public Integer validityPeriod;
    public String statusCallback;
    public Boolean statusSignals;
    public Boolean smartEncoded;
    public Boolean shortenUrls;
    public Boolean sendAsMms;
    public String riskCheck;
    public String contentRetention;
    public String addressRetention;
    public Double maxPrice;
    public Boolean provideFeedback;
    public List<String> persistentAction;
    public QuietHours quietHours;
    public Integer maxSegments;
    public Boolean waitForDelivery;
    public Duration timeout;
    public Boolean redact;
  }

  // Delivery is the last known status of one message.
  public static class Delivery {
    public String to;
    public String sid;
    public String status;
    public Integer errorCode;
    public String errorMessage;
    public String recipient;
    public Boolean redacted;
  }

  // SendSmsWorkflowResult is the result of SendSmsWorkflow.
  public static class SendSmsWorkflowResult {
    public String twilioResult;
    public String twilioError;
    public List<Message> messages;
    public List<Error> errors;
    public Map<String, Object> broadcast;
    public List<Delivery> deliveries;
  }

  // Reminder is a text that is sent if there is no reply.
  public static class Reminder {
    public Duration after;
    public String smsBody;
  }

  // AskSmsInput is the input of AskSmsWorkflow.
  public static class AskSmsWorkflowInput {
    public String smsFrom;
    public String messagingServiceSid;
    public String smsTo;
    public String smsBody;
    public Map<String, Object> variables;
    public Map<String, Object> metadata;
    public String contentSid;
    public Map<String, Object> contentVariables;
    public String pattern;
    public List<Reminder> reminders;
    public Duration timeout;
    public String ifSeveral;
    public String code;
    public String label;
    public String defaultRegion;
    public String locale;
    public String timeZone;
    public String account;
  }

  // Reply is a text that answers a question.
  public static class Reply {
    public String messageSid;
    public String body;
    public String from;
    public String to;
    public String accountSid;
    public Map<String, Object> matchGroups;
    public OffsetDateTime receivedAt;
  }

  // AskSmsResult is the result of AskSmsWorkflow.
  public static class AskSmsWorkflowResult {
    public String outcome;
    public Reply reply;
    public SendSmsResult sent;
    public Integer reminders;
  }
}
