// Runs Twilio's own Node client against the local Twilio at TWILIOSIM_URL. This
// script fails if the client cannot read a response or rejects a signature.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import twilio from "twilio";

const { TWILIOSIM_URL: url, TWILIOSIM_ACCOUNT: account, TWILIOSIM_TOKEN: token } = process.env;
const number = "+15005550006";
const client = twilio(account, token);
client.api.baseUrl = url;

async function control(path, body) {
  const res = await fetch(url + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const answer = await res.json();
  assert.equal(res.status, 200, JSON.stringify(answer));
  return answer;
}

async function until(what, holds) {
  for (let tries = 0; tries < 500; tries++) {
    const value = await holds();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail("timed out waiting for " + what);
}

const checks = {
  async "creates and fetches"() {
    const body = "R&D a=b + 100% ’ 😀";
    const m = await client.messages.create({ to: "+15551230001", from: number, body });
    assert.equal(m.body, body);
    assert.equal(m.status, "queued");
    assert.equal(m.direction, "outbound-api");
    assert.equal(m.numSegments, "1");
    assert.equal(m.errorCode, null);
    assert.equal(m.dateSent, null);
    assert.ok(m.dateCreated instanceof Date && Math.abs(m.dateCreated - Date.now()) < 60_000);
    const done = await until("delivery", async () => {
      const f = await client.messages(m.sid).fetch();
      return f.status === "delivered" && f;
    });
    assert.ok(done.dateSent instanceof Date);
    assert.match(done.price, /^-0\.\d+$/);
  },

  async "lists page by page"() {
    const to = "+15551230002";
    for (let i = 0; i < 23; i++) await client.messages.create({ to, from: number, body: String(i) });
    const all = await client.messages.list({ to, pageSize: 5 });
    assert.deepEqual(all.map((m) => m.body), [...Array(23).keys()].reverse().map(String));
    const some = await client.messages.list({ to, pageSize: 5, limit: 7 });
    assert.equal(some.length, 7);
    const seen = [];
    await new Promise((resolve, reject) => client.messages.each({ to, pageSize: 4, callback: (m) => seen.push(m.sid), done: (e) => (e ? reject(e) : resolve()) }));
    assert.deepEqual(seen, all.map((m) => m.sid));
    const first = await client.messages.page({ to, pageSize: 10 });
    const second = await first.nextPage();
    const back = await second.previousPage();
    assert.deepEqual(back.instances.map((m) => m.sid), first.instances.map((m) => m.sid));
    await until("delivery", async () => (await client.messages.list({ to })).every((m) => m.status === "delivered"));
    const hour = 3_600_000;
    const recent = { to, dateSentAfter: new Date(Date.now() - hour), dateSentBefore: new Date(Date.now() + hour) };
    assert.equal((await client.messages.list(recent)).length, 23);
    assert.equal((await client.messages.list({ to, dateSentAfter: new Date(Date.now() + hour) })).length, 0);
  },

  async "redacts, gives feedback and deletes"() {
    const m = await client.messages.create({ to: "+15551230003", from: number, body: "secret", mediaUrl: ["https://example.org/cat.png"] });
    await until("delivery", async () => (await client.messages(m.sid).fetch()).status === "delivered");
    const media = await client.messages(m.sid).media.list();
    assert.equal(media.length, 1);
    assert.equal(media[0].contentType, "image/png");
    assert.equal((await client.messages(m.sid).feedback.create({ outcome: "confirmed" })).outcome, "confirmed");
    assert.equal((await client.messages(m.sid).update({ body: "" })).body, "");
    assert.equal(await client.messages(m.sid).media(media[0].sid).remove(), true);
    assert.equal(await client.messages(m.sid).remove(), true);
    await assert.rejects(client.messages(m.sid).fetch(), { status: 404, code: 20404, moreInfo: "https://www.twilio.com/docs/errors/20404" });
  },

  async "schedules and cancels"() {
    const service = await control("/sim/services", { senders: [number] });
    const m = await client.messages.create({
      to: "+15551230004", messagingServiceSid: service.sid, body: "later", scheduleType: "fixed", sendAt: new Date(Date.now() + 3_600_000),
    });
    assert.equal(m.status, "scheduled");
    assert.equal(m.from, null);
    assert.equal((await client.messages(m.sid).update({ status: "canceled" })).status, "canceled");
    await assert.rejects(client.messages(m.sid).update({ status: "canceled" }), { code: 30409 });
  },

  async "reads errors"() {
    const create = (change) => client.messages.create({ to: "+15551230005", from: number, body: "x", ...change });
    await assert.rejects(create({ to: "nobody" }), {
      name: "Error", status: 400, code: 21211, message: "The 'To' number nobody is not a valid phone number.", moreInfo: "https://www.twilio.com/docs/errors/21211",
    });
    await assert.rejects(create({ from: "+15005550001" }), { status: 400, code: 21606 });
    await assert.rejects(create({ body: "x".repeat(1601) }), { status: 400, code: 21617 });
    const stranger = twilio(account, "wrong");
    stranger.api.baseUrl = url;
    await assert.rejects(stranger.messages.list(), { status: 401, code: 20003 });
    await control("/sim/faults", { kind: "429", next: 1 });
    await assert.rejects(create({}), { status: 429, code: 20429 });
    await control("/sim/faults", { kind: "response-lost", operation: "create", next: 1 });
    await assert.rejects(create({ body: "lost" }), { code: "ECONNRESET" });
    assert.equal((await client.messages.list({ to: "+15551230005" })).filter((m) => m.body === "lost").length, 1);
  },

  async "accepts the signatures of our webhooks"() {
    const requests = [];
    const server = createServer(async (req, res) => {
      let text = "";
      for await (const chunk of req) text += chunk;
      requests.push({ url: base + req.url, params: Object.fromEntries(new URLSearchParams(text)), signature: req.headers["x-twilio-signature"] });
      res.setHeader("Content-Type", "text/xml");
      res.end(`<Response><Message statusCallback="/status?ref=1">R&amp;D</Message></Response>`);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const base = `http://127.0.0.1:${server.address().port}`;
    await control("/sim/numbers", { number, webhook: base + "/sms?tenant=a%20b#rc=2" });
    const answer = await control("/sim/inbound", { from: "+15551230006", to: number, body: "R&D a=b + ’ 😀\n", media: [{ url: "https://example.org/cat.png" }] });
    assert.deepEqual(answer.replies.map((r) => r.body), ["R&D"]);
    await until("the callbacks", () => requests.length === 3);
    assert.deepEqual(requests.map((r) => r.params.MessageStatus), [undefined, "sent", "delivered"]);
    for (const r of requests) {
      assert.ok(twilio.validateRequest(token, r.signature, r.url, r.params), r.url);
      assert.ok(!twilio.validateRequest(token, r.signature, r.url, { ...r.params, Extra: "x" }), "accepts a changed request");
    }
    server.close();
  },
};

for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log("ok: " + name);
  } catch (error) {
    console.error("failed: " + name + "\n", error);
    process.exitCode = 1;
  }
}
