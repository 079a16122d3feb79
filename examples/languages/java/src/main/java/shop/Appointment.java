package shop;

import io.temporal.workflow.SignalMethod;
import io.temporal.workflow.WorkflowInterface;
import io.temporal.workflow.WorkflowMethod;
import java.util.Map;

/** An appointment: remind, wait for delivery, ask, and react to a text. */
@WorkflowInterface
public interface Appointment {
  /** Who has the appointment. */
  record Guest(String phone, String name) {}

  /** Returns the outcome, such as "coming". */
  @WorkflowMethod(name = "Appointment")
  String run(Guest guest);

  /** Sent by the "late" trigger, with the text that matched. */
  @SignalMethod
  void late(Map<String, Object> event);
}
