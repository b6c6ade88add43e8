// What of a document could be used and was not, and what other screens, or other states of it, would load.
// __NAME__ is what page_state.js goes by on the page.
() => {
  const tried = window.__NAME__?.tried || new Set();
  const usable =
    "button, summary, select, textarea, input:not([type=hidden]), [contenteditable=true], [onclick], a:not([href]):not([name]):not([id])," +
    " a[href='#'], a[href^='javascript:'], [role=button], [role=link], [role=tab], [role=menuitem], [role=switch]";
  const shown = [...document.querySelectorAll(usable)].filter((one) => one.checkVisibility?.() !== false);
  // A button in a button, or a link around one, is one thing to a visitor.
  const outer = shown.filter((one) => !one.parentElement?.closest(usable));
  const left = outer.filter((one) => !tried.has(one) && ![...one.querySelectorAll("*")].some((part) => tried.has(part)));
  const nameOf = (one) => {
    const words = (one.getAttribute("aria-label") || one.innerText || one.name || one.id || "").trim();
    const named = words ? ` "${words.replace(/\s+/g, " ").slice(0, 40)}"` : "";
    return `${one.localName}${named}`;
  };
  const loaded = new Set(performance.getEntriesByType("resource").map(({ name }) => new URL(name, location.href).origin));
  const variants = new Set();
  const add = (url) => {
    try {
      const { origin, protocol } = new URL(url, document.baseURI);
      if (protocol.startsWith("http") && origin !== location.origin && !loaded.has(origin)) variants.add(origin);
    } catch {}
  };
  for (const one of document.querySelectorAll("img[srcset], source[srcset]"))
    for (const candidate of one.srcset.split(/,\s+/)) add(candidate.trim().split(/\s+/)[0]);
  for (const one of document.querySelectorAll("source[src], video[src], audio[src], link[media][href]"))
    add(one.src || one.href);
  // Rules for a narrow screen, for what the pointer is over, for classes that nothing has yet.
  for (const sheet of [...document.styleSheets, ...document.adoptedStyleSheets].slice(0, 200)) {
    try {
      for (const rule of [...sheet.cssRules].slice(0, 5000))
        for (const [, url] of rule.cssText.matchAll(/url\("?((?:https?:)?\/\/[^")]+)/g)) add(url);
    } catch {} // That of another site is not to be read.
  }
  return { all: outer.length, left: left.length, names: left.slice(0, 3).map(nameOf), variants: [...variants].slice(0, 10) };
}
