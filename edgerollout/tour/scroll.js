// Scrolls a document, and the boxes in it that scroll by themselves, down by MOST screens at most, the last time
// to the end. Tells by how many it went, and whether there is more below. With MOST 0 it then goes to the top. __NAME__ is
// what page_state.js goes by.
async () => {
  const MOST = __MOST__;
  const page = document.scrollingElement || document.documentElement;
  const scrolls = (one) =>
    one !== page && one.scrollHeight > one.clientHeight + 40 && one.clientHeight > 100 &&
    one.localName !== "textarea" && /auto|scroll|overlay/.test(getComputedStyle(one).overflowY);
  const boxes = [page, ...[...document.querySelectorAll("*")].filter(scrolls).slice(0, 20)];
  const isMore = (one) => one.scrollHeight - one.clientHeight - one.scrollTop > 1;
  const go = (one, top) => one.scrollTo({ top, behavior: "instant" });
  const end = performance.now() + 1000; // The tour waits for an answer, but not long.
  let screens = 0;
  let left = boxes.filter(isMore);
  const more = left.length > 0;
  if (!MOST) for (const one of boxes) go(one, 0);
  while (left.length && screens < MOST && performance.now() < end) {
    screens += 1;
    for (const one of left) go(one, screens === MOST ? one.scrollHeight : one.scrollTop + one.clientHeight);
    // What looks whether it is visible is asked once a picture.
    await window.__NAME__?.soon?.();
    left = boxes.filter(isMore);
  }
  return { screens, more: MOST ? left.length > 0 : more };
}
