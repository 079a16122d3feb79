// Counts segments with Twilio's own calculator. It reads a JSON array of texts,
// and prints an array of [encoding, segments].

import { text } from "node:stream/consumers";
import { SegmentedMessage } from "sms-segments-calculator";

const bodies = JSON.parse(await text(process.stdin));
process.stdout.write(JSON.stringify(bodies.map((body) => {
  const m = new SegmentedMessage(body);
  return [m.getEncodingName(), m.segmentsCount];
})));
