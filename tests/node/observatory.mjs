// Grades what was seen of sites with MDN's own graders (npm, algorithm version 4).
// stdin: [{url, headers: {name: value or [values]}, csp: [policies], html, cookies, cors, route, secure,
// verified, httpVerified}]; stdout: [{test: {result, modifier, pass}}], without
// the tests that fail themselves.
import { Requests } from "@mdn/mdn-http-observatory/src/types.js";
import { ALL_TESTS } from "@mdn/mdn-http-observatory/src/constants.js";
import { getScoreModifier } from "@mdn/mdn-http-observatory/src/grader/grader.js";
import { parseHttpEquivHeaders } from "@mdn/mdn-http-observatory/src/retriever/utils.js";
import fs from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const resolver = createRequire(import.meta.resolve("@mdn/mdn-http-observatory/src/types.js"));
const { AxiosHeaders } = await import(pathToFileURL(resolver.resolve("axios")).href).then((m) => m.default ?? m);
const { CookieJar } = resolver("tough-cookie");

// The package fetches the browsers' preload list when it is installed; here one host is on it.
const LIST = { "preloaded.test": { mode: "force-https", includeSubDomains: true } };
const read = fs.readFileSync;
fs.readFileSync = (path, ...rest) =>
  String(path).endsWith("hsts-preload.json") ? JSON.stringify(LIST) : read(path, ...rest);

function response(headers, verified) {
  return { headers: AxiosHeaders.from(headers), request: { headers: new AxiosHeaders() }, status: 200, verified };
}

function seen(one) {
  const url = new URL(one.url);
  const requests = new Requests(url.hostname);
  const page = response(one.headers, one.verified);
  const html = one.html ?? "";
  page.httpEquiv = /^(text\/html|application\/xhtml\+xml)/.test(one.headers["content-type"] ?? "")
    ? parseHttpEquivHeaders(html, one.url)
    : new Map();
  requests.responses.auto = page;
  requests.responses.https = one.secure ? page : null;
  requests.responses.http = one.route.length ? response({}, one.httpVerified) : null;
  requests.responses.httpRedirects = one.route.map((each) => ({ url: new URL(each), status: 301 }));
  requests.resources.path = html;
  if (one.cors) {
    requests.responses.cors = response(one.cors.headers, true);
    requests.responses.cors.request.headers.set("origin", one.cors.origin);
  }
  const jar = new CookieJar();
  for (const cookie of one.cookies) jar.setCookieSync(cookie, one.url, { loose: true, ignoreError: true });
  requests.session = { url: new URL(`${one.secure ? "https" : "http"}://${url.host}/`), jar };
  return requests;
}

let text = "";
for await (const chunk of process.stdin) text += chunk;
const answers = JSON.parse(text).map((one) => {
  const requests = seen(one);
  return Object.fromEntries(
    ALL_TESTS.flatMap((test) => {
      let output;
      try {
        output = test(requests);
      } catch {
        return []; // its test of scripts throws on `https://[`
      }
      return [
        [
          output.constructor.name,
          { result: output.result, modifier: getScoreModifier(output.result), pass: output.pass },
        ],
      ];
    })
  );
});
process.stdout.write(JSON.stringify(answers));
