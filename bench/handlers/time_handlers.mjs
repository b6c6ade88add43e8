// Times two Node.js handlers on fresh copies of one event, batch by batch, in turns.
// Arguments: event.json, our handler, the hand-written one. Prints JSON: nanoseconds a call of each
// batch, ours and theirs. Wants node --expose-gc: what is collected in between does not count.

import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { pathToFileURL } from "node:url";

const BATCHES = 50;
const CALLS = 1000;

const [eventFile, ...files] = process.argv.slice(2);
const event = JSON.parse(readFileSync(eventFile, "utf8"));
const handlers = [];
for (const file of files) handlers.push((await import(pathToFileURL(file))).handler);

const [ours, theirs] = [await handlers[0](structuredClone(event)), await handlers[1](structuredClone(event))];
if (!isDeepStrictEqual(ours, theirs)) throw new Error("the hand-written Node.js handler does not answer as ours does");

const text = JSON.stringify(event);
const times = [[], []];
for (let batch = -30; batch < BATCHES; batch++) {
  for (const which of batch % 2 ? [0, 1] : [1, 0]) {
    const events = Array.from({ length: CALLS }, () => JSON.parse(text));
    const handler = handlers[which];
    globalThis.gc();
    const began = process.hrtime.bigint();
    for (const one of events) await handler(one);
    const spent = Number(process.hrtime.bigint() - began);
    if (batch >= 0) times[which].push(spent / CALLS);
  }
}
console.log(JSON.stringify(times));
