"""An appointment: remind, wait for delivery, ask, and react to a text."""

import asyncio
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    import sms

# The SMS workers poll this task queue.
TASK_QUEUE = "twilio"
SMS_FROM = "+15005550006"


@dataclass
class Guest:
    """Who has the appointment."""

    phone: str
    name: str


@workflow.defn
class Appointment:
    def __init__(self) -> None:
        self._late = False

    @workflow.signal
    def late(self, event: dict[str, Any]) -> None:
        """Sent by the "late" trigger, with the text that matched."""
        self._late = True

    @workflow.run
    async def run(self, guest: Guest) -> str:
        reminder: sms.SendSmsWorkflowResult = await workflow.execute_child_workflow(
            "SendSmsWorkflow",
            sms.SendSmsWorkflowInput(
                smsFrom=SMS_FROM,
                smsTo=[{"to": guest.phone}],
                smsBody="Dear ${name}, we expect you on Monday at 10.",
                variables={"name": guest.name},
                waitForDelivery=True,
                timeout="10 minutes",
            ),
            task_queue=TASK_QUEUE,
            result_type=sms.SendSmsWorkflowResult,
        )
        deliveries = reminder.get("deliveries") or []
        if not deliveries or deliveries[0]["status"] != "delivered":
            return "not reached"

        question: sms.AskSmsWorkflowResult = await workflow.execute_child_workflow(
            "AskSmsWorkflow",
            sms.AskSmsWorkflowInput(
                smsFrom=SMS_FROM,
                smsTo=guest.phone,
                smsBody="Will you come? Yes or no?",
                pattern=r"(?i)^(yes|no)\b",
                timeout="1 day",
            ),
            task_queue=TASK_QUEUE,
            result_type=sms.AskSmsWorkflowResult,
        )
        reply = question["reply"]
        if reply is None:
            return question["outcome"]
        if re.match("no", reply["body"], re.IGNORECASE):
            return "not coming"

        try:
            await workflow.wait_condition(lambda: self._late, timeout=timedelta(days=7))
        except asyncio.TimeoutError:
            return "coming"
        await workflow.execute_activity(
            "SendSms",
            sms.SendSmsInput(
                smsFrom=SMS_FROM,
                smsTo=[{"to": guest.phone}],
                smsBody="We will wait for you, ${name}.",
                variables={"name": guest.name},
            ),
            task_queue=TASK_QUEUE,
            result_type=sms.SendSmsResult,
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=timedelta(minutes=1),
        )
        return "coming late"
