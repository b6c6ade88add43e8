// Knows of a document or a worker which timers are still to come, which answers nobody reads, which windows it
// opened, where it says it is, and which of its elements were used. NAME is what edgerollout asks for them
// by, made up anew in each run.
(function state(inFront) {
  const NAME = "__NAME__";
  const scope = globalThis;
  // A worker that is just being made has no timers yet, which could not be counted: whoever comes later does.
  if (typeof scope.setTimeout !== "function") return;
  if (Object.hasOwn(scope, NAME)) {
    // What stands in front of a worker's own script tells that this runs now; any other call does not.
    if (inFront === true) scope[NAME].ran = true;
    return;
  }
  const SOON = 5000; // What is due within these milliseconds is awaited.
  const SHORT = 250; // Whoever sets timers shorter than this again and again looks whether something is there yet,
  const LOOKS = 2000; // and is awaited for so long.
  const TURNS = 3; // What repeats in longer turns is awaited so often.
  const PAINTED = 200; // A document that is not painted within these milliseconds is not visible.
  const MOST = 1000;
  const now = performance.now.bind(performance);
  const call = Reflect.apply;
  const textOf = (handler) => call(Function.prototype.toString, handler, []);
  const waiting = new Map();
  const chains = new Map();
  const late = new Map();
  // How often anything stirred. Who finds the same number twice, and nothing due, finds the document at rest.
  let stirred = 0;
  const stir = () => {
    stirred += 1;
  };
  const listen = (target, kind, heard) => call(EventTarget.prototype.addEventListener, target, [kind, heard]);

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
        stirred += 1;
        const delay = delayOf(second);
        const awaited = consider(handler, delay, isRepeated);
        if (!awaited || waiting.size >= MOST) return call(target, self, given);
        const mark = {};
        const looks = isRepeated && delay < SHORT;
        const end = now() + LOOKS;
        const known = typeof handler === "function";
        const kept = function (...words) {
          stirred += 1;
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
  const paint = scope.requestAnimationFrame?.bind(scope);
  const idle = scope.requestIdleCallback?.bind(scope);
  const later = scope.setTimeout.bind(scope);
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
  // An opaque one, of "no-cors", tells no URL, and nobody can read it.
  const keep = (answer, asked) => {
    const url = answer.url || asked;
    if (!url || unread.size >= MOST) return;
    answers.set(answer, url);
    unread.set(url, (unread.get(url) || 0) + 1);
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
  onCall(scope, "requestAnimationFrame", stir);

  // What the browser does beside the page and answers later. Of a method used for ever the first times count.
  const jobs = new Map();
  const methods = new Map();
  const job = (method, work) => {
    stirred += 1;
    const used = methods.get(method) || { times: 0, since: now() };
    methods.set(method, used);
    used.times += 1;
    if (jobs.size >= MOST || (used.times > 2 * TURNS && now() - used.since > SOON)) return;
    const mark = {};
    jobs.set(mark, { method, place: placeOf(4), since: now() });
    const end = () => {
      stirred += 1;
      jobs.delete(mark);
    };
    if (typeof work?.then === "function") work.then(end, end);
    else for (const kind of ["success", "complete", "error", "abort", "blocked"]) work?.addEventListener?.(kind, end);
  };
  const jobsOf = (holder, names) => {
    for (const name of names.split(" ")) {
      const native = holder?.[name];
      if (typeof native !== "function") continue;
      holder[name] = new Proxy(native, {
        apply(target, self, given) {
          const work = call(target, self, given);
          job(name, work);
          return work;
        },
      });
    }
  };
  const subtle = "encrypt decrypt sign verify digest generateKey deriveKey deriveBits importKey exportKey wrapKey unwrapKey";
  jobsOf(scope.SubtleCrypto?.prototype, subtle);
  jobsOf(scope.WebAssembly, "compile instantiate compileStreaming instantiateStreaming");
  jobsOf(scope.IDBFactory?.prototype, "open deleteDatabase databases");
  jobsOf(scope.IDBDatabase?.prototype, "transaction");
  jobsOf(scope.CacheStorage?.prototype, "open match has delete keys");
  jobsOf(scope.Cache?.prototype, "match matchAll add addAll put delete keys");
  jobsOf(scope.Blob?.prototype, "arrayBuffer bytes text");
  jobsOf(scope.HTMLImageElement?.prototype, "decode");
  jobsOf(scope.Scheduler?.prototype, "postTask yield");
  jobsOf(scope, "createImageBitmap");

  // What is being asked for and read; of what is asked for again and again the first times count.
  const open = new Map();
  const times = new Map();
  const during = (url, work) => {
    if (typeof url !== "string" || typeof work?.then !== "function" || open.size >= MOST) return;
    times.set(url, (times.get(url) || 0) + 1);
    if (times.get(url) > 2 * TURNS) return;
    open.set(url, (open.get(url) || 0) + 1);
    stirred += 1;
    const end = () => {
      stirred += 1;
      open.set(url, open.get(url) - 1);
    };
    work.then(end, end);
  };
  const whole = (asked) => {
    try {
      return new URL(typeof asked === "object" && "url" in asked ? asked.url : String(asked), location.href).href;
    } catch {}
  };
  const calls = new WeakMap();
  onCall(scope.XMLHttpRequest?.prototype, "open", (self, given) => calls.set(self, whole(given[1])));
  onCall(scope.XMLHttpRequest?.prototype, "send", (self) =>
    during(calls.get(self), new Promise((end) => listen(self, "loadend", end))));
  if (typeof scope.fetch === "function") {
    scope.fetch = new Proxy(scope.fetch, {
      apply: (target, self, given) => {
        const asked = call(target, self, given);
        const url = whole(given[0]);
        during(url, asked);
        asked.then((answer) => keep(answer, url?.split("#")[0]), () => {});
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
        const script = blob && new Blob([`(${textOf(state)})(true);`, blob], { type: blob.type });
        const given2 = script ? [call(make, scope.URL, [script]), ...more] : given;
        const worker = Reflect.construct(target, given2, made);
        listen(worker, "message", stir);
        return worker;
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

  // One that will end soon may be awaited by the page; those that never end are decoration.
  const isMoving = (animation) => {
    const left = Number(animation.effect?.getComputedTiming().endTime) - Number(animation.currentTime);
    return animation.playState === "running" && left > 0 && left < LOOKS;
  };

  const tell = () => {
    const time = now();
    let due = -1;
    for (const [mark, one] of waiting) {
      // Text that is made into code tells nothing when it runs; a callback that is overdue is about to run.
      if (time > one.due + (one.known ? SOON : 50)) waiting.delete(mark);
      else due = Math.max(due, one.due - time, 0);
    }
    for (const [mark, one] of jobs) {
      if (time < one.since + SOON) due = Math.max(due, 0);
      else {
        jobs.delete(mark);
        if (late.size < 20) late.set(`${one.method} ${one.place}`, { seconds: SOON / 1000, place: one.place, job: one.method });
      }
    }
    const isCalm = typeof scope.document !== "object" ||
      (scope.document.readyState === "complete" && !scope.document.getAnimations?.().some(isMoving));
    const reached = opened.filter(({ window }) => window && !window.closed).map(({ url }) => url);
    const busy = [...open].filter(([, count]) => count > 0).map(([url]) => url);
    const left = [...unread].filter(([, times]) => times > 0).map(([url]) => url);
    return { due, stirred, calm: isCalm, late: [...late.values()], unread: left, read: [...wanted], open: busy, reached, routes: [...routes], started, since: now() - lastStart, ran: tell.ran };
  };
  // After what was about to happen has happened: the next picture, and whatever is more urgent than an idle moment.
  tell.soon = () =>
    new Promise((done) => {
      const end = () => done(tell());
      later(end, PAINTED);
      if (paint && idle) paint(() => idle(end));
    });
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
  listen(scope, "message", stir);
  if (typeof scope.document === "object")
    new MutationObserver(stir).observe(scope.document, { subtree: true, childList: true, attributes: true, characterData: true });
  Object.defineProperty(scope, NAME, { value: tell });
})();
