// The phone page: phones on one side, what happens behind them on the other.
// Each part is its own module; this one connects them.

import { startHeader } from "./header.js";
import { Phones } from "./phones.js";
import { Views } from "./views.js";
import { MessagesPanel } from "./messages.js";
import { DebuggerPanel } from "./debugger.js";
import { FaultsPanel } from "./faults.js";
import { WebhookPanel } from "./webhook.js";
import { follow } from "./sim.js";

const byId = (id) => document.getElementById(id);

startHeader();
const views = new Views(byId("views"));
const webhook = new WebhookPanel(byId("webhook-panel"), views);
const phones = new Phones(byId("phones"), byId("strip"), (sid) => webhook.showCall(sid));
const reveal = (message) => {
  views.toPhones();
  phones.reveal(message);
};
new MessagesPanel(byId("messages-panel"), reveal);
new DebuggerPanel(byId("debugger-panel"), views, reveal);
new FaultsPanel(byId("faults-panel"), views);
follow();
