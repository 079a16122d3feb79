package shop;

import io.temporal.activity.ActivityOptions;
import io.temporal.workflow.ActivityStub;
import io.temporal.workflow.ChildWorkflowOptions;
import io.temporal.workflow.ChildWorkflowStub;
import io.temporal.workflow.Workflow;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;

public class AppointmentImpl implements Appointment {
  // The SMS workers poll this task queue.
  private static final String TASK_QUEUE = "twilio";
  private static final String FROM = "+15005550006";

  private boolean late;

  @Override
  public String run(Guest guest) {
    Map<String, Object> variables = Map.of("name", guest.name());

    var reminder = new Sms.SendSmsWorkflowInput();
    reminder.smsFrom = FROM;
    reminder.smsTo = List.of(to(guest.phone()));
    reminder.smsBody = "Dear ${name}, we expect you on Monday at 10.";
    reminder.variables = variables;
    reminder.waitForDelivery = true;
    reminder.timeout = Duration.ofMinutes(10);
    var reminded = child("SendSmsWorkflow").execute(Sms.SendSmsWorkflowResult.class, reminder);
    if (reminded.deliveries == null
        || reminded.deliveries.isEmpty()
        || !reminded.deliveries.get(0).status.equals("delivered")) {
      return "not reached";
    }

    var question = new Sms.AskSmsWorkflowInput();
    question.smsFrom = FROM;
    question.smsTo = guest.phone();
    question.smsBody = "Will you come? Yes or no?";
    question.pattern = "(?i)^(yes|no)\\b";
    question.timeout = Duration.ofDays(1);
    var asked = child("AskSmsWorkflow").execute(Sms.AskSmsWorkflowResult.class, question);
    if (asked.reply == null) {
      return asked.outcome;
    }
    if (asked.reply.body.toLowerCase(Locale.ROOT).startsWith("no")) {
      return "not coming";
    }

    if (!Workflow.await(Duration.ofDays(7), () -> late)) {
      return "coming";
    }
    var answer = new Sms.SendSmsInput();
    answer.smsFrom = FROM;
    answer.smsTo = List.of(to(guest.phone()));
    answer.smsBody = "We will wait for you, ${name}.";
    answer.variables = variables;
    activities().execute("SendSms", Sms.SendSmsResult.class, answer);
    return "coming late";
  }

  @Override
  public void late(Map<String, Object> event) {
    late = true;
  }

  private static Sms.Recipient to(String phone) {
    var recipient = new Sms.Recipient();
    recipient.to = phone;
    return recipient;
  }

  private static ChildWorkflowStub child(String type) {
    return Workflow.newUntypedChildWorkflowStub(
        type, ChildWorkflowOptions.newBuilder().setTaskQueue(TASK_QUEUE).build());
  }

  private static ActivityStub activities() {
    return Workflow.newUntypedActivityStub(
        ActivityOptions.newBuilder()
            .setTaskQueue(TASK_QUEUE)
            .setStartToCloseTimeout(Duration.ofMinutes(10))
            .setHeartbeatTimeout(Duration.ofMinutes(1))
            .build());
  }
}
