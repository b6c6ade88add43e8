// Lambda@Edge function for origin-response or viewer-response: gives every response the security
// headers of the release.json packed beside it. Reads that file once, when the instance starts;
// a request costs no I/O. Only the headers named there change: CloudFront answers 502 to a function
// that drops or alters the ones it keeps for itself (Via, Transfer-Encoding).

import { readFileSync } from "node:fs";

const SCHEMA = 1;

function readRelease(url) {
  let release;
  try {
    release = JSON.parse(readFileSync(url, "utf8"));
  } catch (error) {
    throw new Error(`release.json cannot be read: ${error.message}`);
  }
  if (release?.schema !== SCHEMA) {
    throw new Error(`release.json has schema ${JSON.stringify(release?.schema)}; this function reads schema ${SCHEMA}`);
  }
  try {
    const { set, keep, remove } = release.response;
    return { set: entries(set), keep: entries(keep), remove: [...remove] };
  } catch (error) {
    throw new Error(`release.json has no usable response section (set, keep, remove): ${error.message}`);
  }
}

function entries(section) {
  return Object.entries(section).map(([name, { key, value }]) => {
    if (typeof key !== "string" || typeof value !== "string") throw new Error(`${name} needs a key and a value`);
    return { name, key, value };
  });
}

// Straight-line code for this release: V8 stores to constant names a third faster than to names
// from a table. Every name and value goes in as a JSON string literal, so none can become code.
function compile({ set, keep, remove }) {
  const literal = JSON.stringify;
  const fresh = ({ key, value }) => `[{ key: ${literal(key)}, value: ${literal(value)} }]`;
  const lines = [
    ...set.map((entry) => `headers[${literal(entry.name)}] = ${fresh(entry)};`),
    ...keep.map((entry) => `if (!headers[${literal(entry.name)}]?.length) headers[${literal(entry.name)}] = ${fresh(entry)};`),
    ...remove.map((name) => `delete headers[${literal(name)}];`),
  ];
  return new Function("headers", lines.join("\n"));
}

const apply = compile(readRelease(new URL("./release.json", import.meta.url)));

export async function handler(event) {
  const response = event.Records[0].cf.response;
  apply(response.headers);
  return response;
}
