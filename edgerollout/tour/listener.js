// Listens for violations in every document of a tour. NAME is the function that takes them to edgerollout,
// under a name made up anew in each run; BOUND is how many one document may tell in full.
(() => {
  const NAME = "__NAME__";
  const BOUND = __BOUND__;
  const tell = window[NAME];
  if (typeof tell !== "function") return;
  delete window[NAME];
  const later = window.setTimeout.bind(window);
  const write = JSON.stringify;
  const attributeOf = Element.prototype.getAttribute;
  let waiting = [];
  let reports = [];
  let seen = 0;
  let beyond = 0;
  let timer = 0;

  const send = () => {
    timer = 0;
    const told = { events: waiting, reports, beyond };
    waiting = [];
    reports = [];
    beyond = 0;
    if (told.events.length || told.reports.length || told.beyond) tell(write(told));
  };

  const attributesOf = (element, event) => {
    const found = [];
    if (event.blockedURI !== "inline") return found;
    const names =
      event.effectiveDirective === "style-src-attr"
        ? ["style"]
        : event.effectiveDirective === "script-src-attr"
          ? element.getAttributeNames().filter((name) => name.startsWith("on"))
          : ["href", "src", "action", "formaction", "xlink:href"].filter((name) =>
              /^\s*javascript:/i.test(attributeOf.call(element, name) || ""));
    for (const name of names.slice(0, 20)) {
      const value = attributeOf.call(element, name);
      if (value !== null && value.length < 100000) found.push({ name, value });
    }
    return found;
  };

  // Written by hand: a clone of an image would load it, one of a custom element would run its code.
  const tagOf = (element) => {
    let tag = `<${element.localName}`;
    for (const name of element.getAttributeNames()) {
      if (tag.length > 300) break;
      const value = attributeOf.call(element, name).slice(0, 300).replaceAll('"', "&quot;");
      tag += ` ${name}="${value}"`;
    }
    return `${tag}>`.slice(0, 300);
  };

  const described = (event) => {
    const told = {
      document: event.documentURI,
      directive: event.effectiveDirective,
      blocked: event.blockedURI,
      disposition: event.disposition,
      source: event.sourceFile,
      line: event.lineNumber,
      column: event.columnNumber,
      sample: event.sample,
      policy: event.originalPolicy,
    };
    const element = event.composedPath()[0];
    if (element instanceof Element && element.isConnected) {
      told.element = tagOf(element);
      told.attributes = attributesOf(element, event);
    }
    return told;
  };

  addEventListener(
    "securitypolicyviolation",
    (event) => {
      // One made by the page's own scripts is no violation.
      if (!event.isTrusted) return;
      seen += 1;
      if (seen <= BOUND) waiting.push(described(event));
      else beyond += 1;
      if (!timer) timer = later(send, 30);
    },
    true,
  );
  const given = (found) => {
    for (const one of found)
      if (reports.length < BOUND && one.type !== "csp-violation") reports.push({ type: one.type, body: one.body });
    if (!timer) timer = later(send, 30);
  };
  if (typeof ReportingObserver === "function") new ReportingObserver(given, { buffered: true }).observe();
  addEventListener("pagehide", send, true);
})();
