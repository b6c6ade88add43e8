// Knows of a document or a worker which timers are still to come, which answers nobody reads, which windows it
// opened, where it says it is, and which of its elements were used. NAME is what edgerollout asks for them
// by, made up anew in each run.
(function state(inFront) {
  const NAME = "__NAME__";
  const scope = globalThis;
  if (Object.hasOwn(scope, NAME)) {
    // It stands in front of a worker's own script, and that runs now.
    scope[NAME].ran = true;
    return;
  }
  const SOON = 5000; // What is due within these milliseconds is awaited.
  const SHORT = 250; // Whoever sets timers shorter than this again and again looks whether something is there yet,
  const LOOKS = 2000; // and is awaited for so long.
  const TURNS = 3; // What repeats in longer turns is awaited so often.
  const MOST = 1000;
  const now = performance.now.bind(performance);
  const call = Reflect.apply;
  const textOf = (handler) => call(Function.prototype.toString, handler, []);
  const waiting = new Map();
  const chains = new Map();
  const late = new Map();

  const placeOf = (depth) => {
    const lines = (new Error().stack || "").split("\n").slice(depth);
    const found = /((?:https?|blob|file|about):[^\s()]*?):(\d+):\d+\)?$/.exec(lines[0] || "");
    return found ? `${found[1].split(/[?#]/)[0]}:${found[2]}` : "";
  };

  const name = (delay, repeats) => {
    const place = placeOf(5);
    if (late.size < 20) late.set(`${delay} ${place}`, { seconds: delay / 1000, place, repeats });
  };

  // Whether to wait for it; what is not waited for is named.
  const consider = (handler, delay, isRepeated) => {
    if (delay > SOON || (isRepeated && delay >= SHORT)) name(delay, isRepeated);
    if (delay > SOON) return false;
    const key = `${delay} ${typeof handler === "function" ? textOf(handler).slice(0, 300) : handler}`;
    const chain = chains.get(key) || { turns: 0, since: now() };
    if (chains.size < MOST) chains.set(key, chain);
    chain.turns += 1;
    const passed = now() - chain.since;
    const awaited = delay < SHORT ? passed < LOOKS : chain.turns <= TURNS && passed < SOON;
    if (!awaited && delay >= SHORT) name(delay, true);
    return awaited;
  };

  const milliseconds = (given) => {
    const delay = Number(given);
    return delay > 0 && delay < 2 ** 31 ? Math.round(delay) : 0;
  };

  const wrap = (kind, cancel, delayOf, isRepeated) => {
    const native = scope[kind];
    if (typeof native !== "function") return;
    scope[kind] = new Proxy(native, {
      apply(target, self, given) {
        const [handler, second] = given;
        const delay = delayOf(second);
        const awaited = consider(handler, delay, isRepeated);
        if (!awaited || waiting.size >= MOST) return call(target, self, given);
        const mark = {};
        const looks = isRepeated && delay < SHORT;
        const end = now() + LOOKS;
        const known = typeof handler === "function";
        const kept = function (...words) {
          if (!looks || now() > end) waiting.delete(mark);
          return call(handler, this, words);
        };
        const id = call(target, self, known ? [kept, ...given.slice(1)] : given);
        waiting.set(mark, { id, kind, due: now() + (looks ? LOOKS : delay), known });
        return id;
      },
    });
    const stop = scope[cancel];
    scope[cancel] = new Proxy(stop, {
      apply(target, self, given) {
        // Any of the two clears a timer of either kind.
        for (const [mark, one] of waiting)
          if (one.id === given[0] && (one.kind === "requestIdleCallback") === (cancel === "cancelIdleCallback"))
            waiting.delete(mark);
        return call(target, self, given);
      },
    });
  };
  wrap("setTimeout", "clearTimeout", milliseconds, false);
  wrap("setInterval", "clearInterval", milliseconds, true);
  wrap("requestIdleCallback", "cancelIdleCallback", () => 0, false);

  // An answer whose body nobody asks for may stay open for ever.
  const answers = new WeakMap();
  const unread = new Map();
  const wanted = new Set();
  const read = (answer) => {
    const url = answers.get(answer);
    // One that was asked for before this ran is nowhere written down.
    if (wanted.size < MOST) wanted.add(url ?? answer?.url);
    if (url === undefined) return;
    answers.delete(answer);
    unread.set(url, unread.get(url) - 1);
  };
  const keep = (answer) => {
    if (unread.size >= MOST) return answer;
    answers.set(answer, answer.url);
    unread.set(answer.url, (unread.get(answer.url) || 0) + 1);
    return answer;
  };
  const onCall = (holder, method, before) => {
    const native = holder?.[method];
    if (typeof native !== "function") return;
    holder[method] = new Proxy(native, {
      apply(target, self, given) {
        before(self, given);
        return call(target, self, given);
      },
    });
  };
  // What is being asked for and read; of what is asked for again and again the first times count.
  const open = new Map();
  const times = new Map();
  const during = (url, work) => {
    if (typeof url !== "string" || typeof work?.then !== "function" || open.size >= MOST) return;
    times.set(url, (times.get(url) || 0) + 1);
    if (times.get(url) > 2 * TURNS) return;
    open.set(url, (open.get(url) || 0) + 1);
    const end = () => open.set(url, open.get(url) - 1);
    work.then(end, end);
  };
  const whole = (asked) => {
    try {
      return new URL(typeof asked === "object" && "url" in asked ? asked.url : String(asked), location.href).href;
    } catch {}
  };
  if (typeof scope.fetch === "function") {
    scope.fetch = new Proxy(scope.fetch, {
      apply: (target, self, given) => {
        const asked = call(target, self, given);
        during(whole(given[0]), asked);
        asked.then(keep, () => {});
        return asked;
      },
    });
    const answer = Response.prototype;
    onCall(answer, "clone", (self) => read(self));
    for (const method of ["arrayBuffer", "blob", "bytes", "formData", "json", "text"])
      if (typeof answer[method] === "function")
        answer[method] = new Proxy(answer[method], {
          apply(target, self, given) {
            read(self);
            const work = call(target, self, given);
            during(self?.url, work);
            return work;
          },
        });
    const body = Object.getOwnPropertyDescriptor(answer, "body");
    Object.defineProperty(answer, "body", {
      ...body,
      get() {
        read(this);
        return call(body.get, this, []);
      },
    });
    const readAll = (self, given) => given.forEach((one) => Promise.resolve(one).then(read, () => {}));
    onCall(scope.WebAssembly, "compileStreaming", readAll);
    onCall(scope.WebAssembly, "instantiateStreaming", readAll);
    onCall(scope.Cache?.prototype, "put", readAll);
  }

  const opened = [];
  if (typeof scope.open === "function") {
    scope.open = new Proxy(scope.open, {
      apply(target, self, given) {
        const window = call(target, self, given);
        if (opened.length < 20) opened.push({ window, url: String(given[0] || "").split(/[?#]/)[0] });
        return window;
      },
    });
  }

  // A worker made of a blob may begin before anybody listens to it, so this goes in front of its script.
  const blobs = new Map();
  let started = 0;
  let lastStart = 0;
  if (typeof scope.Worker === "function" && typeof scope.URL?.createObjectURL === "function") {
    const make = scope.URL.createObjectURL;
    scope.URL.createObjectURL = new Proxy(make, {
      apply(target, self, given) {
        const url = call(target, self, given);
        const [blob] = given;
        const isScript = blob instanceof Blob && /^$|script|^text\/plain/.test(blob.type);
        if (isScript && blobs.size < MOST) blobs.set(url, blob);
        return url;
      },
    });
    onCall(scope.URL, "revokeObjectURL", (_, given) => blobs.delete(String(given[0])));
    scope.Worker = new Proxy(scope.Worker, {
      construct(target, given, made) {
        started += 1;
        lastStart = now();
        const [url, ...more] = given;
        // A trusted URL has to stay the one that it is.
        const blob = typeof url === "string" || url instanceof URL ? blobs.get(String(url)) : undefined;
        if (blob === undefined) return Reflect.construct(target, given, made);
        const script = new Blob([`(${textOf(state)})(true);`, blob], { type: blob.type });
        return Reflect.construct(target, [call(make, scope.URL, [script]), ...more], made);
      },
    });
  }

  // Where an app of one page says that it is.
  const routes = new Set();
  if (typeof scope.history === "object")
    for (const method of ["pushState", "replaceState"])
      onCall(Object.getPrototypeOf(scope.history), method, (_, given) => {
        if (given[2] !== undefined && given[2] !== null && routes.size < 200) routes.add(String(given[2]));
      });

  const tell = () => {
    const time = now();
    let due = -1;
    for (const [mark, one] of waiting) {
      // Text that is made into code tells nothing when it runs; a callback that is overdue is about to run.
      if (time > one.due + (one.known ? SOON : 50)) waiting.delete(mark);
      else due = Math.max(due, one.due - time, 0);
    }
    const reached = opened.filter(({ window }) => window && !window.closed).map(({ url }) => url);
    const busy = [...open].filter(([, count]) => count > 0).map(([url]) => url);
    const left = [...unread].filter(([, times]) => times > 0).map(([url]) => url);
    return { due, late: [...late.values()], unread: left, read: [...wanted], open: busy, reached, routes: [...routes], started, since: now() - lastStart, ran: tell.ran };
  };
  tell.ran = inFront === true || typeof scope.document === "object";
  tell.tried = new WeakSet();
  if (typeof scope.document === "object")
    for (const kind of ["click", "input", "keydown"])
      addEventListener(
        kind,
        (event) => {
          if (event.isTrusted) for (const one of event.composedPath()) if (one instanceof Element) tell.tried.add(one);
        },
        { capture: true, passive: true },
      );
  Object.defineProperty(scope, NAME, { value: tell });
})();
