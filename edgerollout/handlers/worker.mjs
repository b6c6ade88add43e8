// The process a Node.js handler runs in; the protocol is the one described in worker.py.
// Handlers may be async, or take a callback; CommonJS and ES modules are both loaded by import().

import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const write = process.stdout.write.bind(process.stdout);
let token = "";

function answer(document) {
  write(`\n${token}${JSON.stringify(document)}\n`);
}

function failure(kind, error, started) {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const trace = error instanceof Error && error.stack ? error.stack.split("\n") : [message];
  return { ok: false, kind, message, trace, duration_ms: performance.now() - started };
}

async function load(folder, entry) {
  const dot = entry.lastIndexOf(".");
  const [file, name] = [entry.slice(0, dot), entry.slice(dot + 1)];
  const found = [".js", ".mjs", ".cjs"].map((end) => path.join(folder, file + end)).find(existsSync);
  if (found === undefined) throw new Error(`Cannot find module '${file}'`);
  const module = await import(pathToFileURL(found).href);
  const handler = module[name] ?? module.default?.[name];
  if (typeof handler !== "function") throw new Error(`${entry} is undefined or not exported`);
  return handler;
}

// As in Lambda: a promise settles the call, else the callback does, also long after the return.
function invoke(handler, event, context) {
  return new Promise((resolve, reject) => {
    const callback = (error, value) => (error ? reject(error) : resolve(value));
    const returned = handler(event, context, callback);
    if (typeof returned?.then === "function") returned.then(resolve, reject);
  });
}

function contextOf({ timeout, ...fields }) {
  const deadline = performance.now() + timeout * 1000;
  return {
    awsRequestId: fields.aws_request_id,
    functionName: fields.function_name,
    functionVersion: fields.function_version,
    invokedFunctionArn: fields.invoked_function_arn,
    memoryLimitInMB: fields.memory_limit_in_mb,
    logGroupName: fields.log_group_name,
    logStreamName: fields.log_stream_name,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadline - performance.now())),
  };
}

async function call(handler, { event, context }) {
  const started = performance.now();
  let value;
  let drained;
  // Lambda sends null once nothing is left to do: of a handler that is not async and only returns, above
  // all. Waiting for the next request must not count as something to do meanwhile.
  const idle = new Promise((resolve) => process.once("beforeExit", (drained = () => resolve(null))));
  process.stdin.unref();
  try {
    value = await Promise.race([invoke(handler, event, contextOf(context)), idle]);
  } catch (error) {
    return failure("exception", error, started);
  } finally {
    process.stdin.ref();
    process.off("beforeExit", drained);
  }
  const duration = performance.now() - started;
  try {
    // undefined has no JSON; Lambda sends null for it.
    return { ok: true, value: JSON.parse(JSON.stringify(value ?? null)), duration_ms: duration };
  } catch (error) {
    return failure("invalid response", error, started);
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const setup = JSON.parse((await lines.next()).value);
token = setup.token;

async function serve() {
  const started = performance.now();
  let handler;
  try {
    handler = await load(setup.folder, setup.handler);
  } catch (error) {
    answer(failure("init", error, started));
    return;
  }
  const interpreter = `Node.js ${process.versions.node}`;
  answer({ ok: true, duration_ms: performance.now() - started, interpreter });
  // A throw outside the call's own promise (in a timer, a stream) ends the process, as in Lambda.
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    answer(await call(handler, JSON.parse(line.value)));
  }
}

await serve();
