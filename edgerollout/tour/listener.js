// Listens for violations in every document of a tour, and notes which inline code there is, by its hash. NAME
// is the function that takes all that to edgerollout, under a name made up anew in each run; an event of that
// name asks where the violating elements are. BOUND is how many violations one document may tell in full.
(() => {
  const NAME = "__NAME__";
  const BOUND = __BOUND__;
  const tell = window[NAME];
  if (typeof tell !== "function") return;
  delete window[NAME];
  const later = window.setTimeout.bind(window);
  const write = JSON.stringify;
  const attributeOf = Element.prototype.getAttribute;
  const MOST_TEXTS = 2000; // Texts of inline code that one document may have noted,
  const MOST_CHANGES = 300; // and of attributes that it changes itself.
  const SHOWN = 200; // Characters kept of each.
  let waiting = [];
  let reports = [];
  let inline = [];
  let seen = 0;
  let beyond = 0;
  let timer = 0;
  const marked = new Map();
  const texts = new Set();

  const send = () => {
    timer = 0;
    const told = { events: waiting, reports, inline, beyond };
    waiting = [];
    reports = [];
    inline = [];
    beyond = 0;
    if (told.events.length || told.reports.length || told.inline.length || told.beyond) tell(write(told));
  };
  const soon = () => {
    if (!timer) timer = later(send, 30);
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
    told.mark = `${performance.timeOrigin}:${seen}`;
    const element = event.composedPath()[0];
    if (element instanceof Element && element.isConnected) {
      told.element = tagOf(element);
      told.attributes = attributesOf(element, event);
      marked.set(told.mark, new WeakRef(element));
    } else {
      // What is loaded ahead of its element is told of the document.
      marked.set(told.mark, event.blockedURI);
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
      soon();
    },
    true,
  );
  const given = (found) => {
    for (const one of found)
      if (reports.length < BOUND && one.type !== "csp-violation") reports.push({ type: one.type, body: one.body });
    soon();
  };
  if (typeof ReportingObserver === "function") new ReportingObserver(given, { buffered: true }).observe();
  addEventListener("pagehide", send, true);

  addEventListener(NAME, (event) => {
    const loading = new Map();
    for (const one of [...document.querySelectorAll("[src], [srcset], [data]")].slice(0, 1000))
      loading.set(one.currentSrc || one.src || one.data, one);
    for (const [mark, held] of marked) {
      const element = typeof held === "string" ? loading.get(held) : held.deref();
      const box = element?.getBoundingClientRect();
      if (box?.width && box.height)
        event.detail.push({ mark, left: box.x + scrollX, top: box.y + scrollY, width: box.width, height: box.height });
    }
  });

  // Inline code that the policy allows is told by nobody: its hash says whether one in the policy is used.
  const digest = globalThis.crypto?.subtle;
  const bytes = new TextEncoder();
  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const note = (text, most) => {
    if (!digest || !text || texts.size >= most || texts.has(text)) return;
    texts.add(text);
    digest.digest("SHA-256", bytes.encode(text)).then((hash) => {
      inline.push({ hash: base64(hash), text: text.trimStart().slice(0, SHOWN) });
      soon();
    });
  };
  const noteAttribute = (name, value, most) => {
    if (name === "style" || name.startsWith("on") || /^\s*javascript:/i.test(value)) note(value, most);
  };
  const noteElement = (element) => {
    const kind = element.localName;
    if (kind === "style" || (kind === "script" && !element.hasAttribute("src"))) note(element.textContent, MOST_TEXTS);
    for (const name of element.getAttributeNames()) {
      const value = attributeOf.call(element, name);
      noteAttribute(name, value, MOST_TEXTS);
      // A hash may also stand for a file, by the integrity that its element asks for.
      if (name === "integrity")
        for (const one of value.split(/\s+/))
          if (one.startsWith("sha256-")) inline.push({ hash: one.slice(7), text: "" });
    }
  };
  new MutationObserver((changes) => {
    for (const change of changes) {
      const at = change.target;
      if (change.type === "attributes") noteAttribute(change.attributeName, attributeOf.call(at, change.attributeName) || "", MOST_CHANGES);
      if (at.localName === "style" || at.localName === "script") noteElement(at);
      for (const added of change.addedNodes) {
        if (!(added instanceof Element)) continue;
        noteElement(added);
        for (const inner of added.getElementsByTagName("*")) noteElement(inner);
      }
    }
  }).observe(document, { subtree: true, childList: true, attributes: true });
})();
