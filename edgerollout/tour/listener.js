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
  let seen = 0;
  let timer = 0;

  const send = () => {
    timer = 0;
    const batch = waiting;
    waiting = [];
    if (batch.length || seen > BOUND) tell(write({ events: batch, seen }));
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
      const copy = element.cloneNode(false);
      told.element = (copy.outerHTML || "").slice(0, 300);
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
      if (!timer) timer = later(send, 30);
    },
    true,
  );
  addEventListener("pagehide", send, true);
})();
