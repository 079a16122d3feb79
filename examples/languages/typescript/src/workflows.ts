import { condition, defineSignal, executeChild, proxyActivities, setHandler } from '@temporalio/workflow';
import type * as sms from './sms.js';

// The SMS workers poll this task queue.
const taskQueue = 'twilio';

type SendSmsWorkflow = (input: sms.SendSmsWorkflowInput) => Promise<sms.SendSmsWorkflowResult>;
type AskSmsWorkflow = (input: sms.AskSmsWorkflowInput) => Promise<sms.AskSmsWorkflowResult>;

const { SendSms } = proxyActivities<{ SendSms(input: sms.SendSmsInput): Promise<sms.SendSmsResult> }>({
  taskQueue,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '1 minute',
});

/** Who has the appointment. */
export interface Guest {
  phone: string;
  name: string;
}

/** Sent by the "late" trigger, with the text that matched. */
export const late = defineSignal<[{ originalMessage: string }]>('late');

/** Reminds a guest, waits for delivery, asks, and reacts to a text. */
export async function Appointment({ phone, name }: Guest): Promise<string> {
  let isLate = false;
  setHandler(late, () => {
    isLate = true;
  });
  const smsFrom = '+15005550006';
  const variables = { name };

  const reminder = await executeChild<SendSmsWorkflow>('SendSmsWorkflow', {
    taskQueue,
    args: [{
      smsFrom,
      smsTo: [{ to: phone }],
      smsBody: 'Dear ${name}, we expect you on Monday at 10.',
      variables,
      waitForDelivery: true,
      timeout: '10 minutes',
    }],
  });
  if (reminder.deliveries?.[0]?.status !== 'delivered') return 'not reached';

  const question = await executeChild<AskSmsWorkflow>('AskSmsWorkflow', {
    taskQueue,
    args: [{ smsFrom, smsTo: phone, smsBody: 'Will you come? Yes or no?', pattern: '(?i)^(yes|no)\\b', timeout: '1 day' }],
  });
  if (!question.reply) return question.outcome;
  if (/^no/i.test(question.reply.body)) return 'not coming';

  if (!(await condition(() => isLate, '7 days'))) return 'coming';
  await SendSms({ smsFrom, smsTo: [{ to: phone }], smsBody: 'We will wait for you, ${name}.', variables });
  return 'coming late';
}
