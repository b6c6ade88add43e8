// What works in a document, as lines that are the same whenever it fares the same.
() => {
  const worked = [];
  const lines = (document.body?.innerText || "").split("\n").map((line) => line.trim()).filter(Boolean);
  for (const line of lines.slice(0, 300)) worked.push(`the text "${line.slice(0, 120)}" is shown`);
  if (document.title) worked.push(`the title is "${document.title.slice(0, 120)}"`);
  worked.push(`it is ${document.contentType}`);
  if (document.referrer) worked.push(`it knows whence it came: ${document.referrer}`);
  if (scrollY > 0) worked.push("it is scrolled to its place");
  for (const cookie of document.cookie.split("; ").filter(Boolean)) worked.push(`it has the cookie ${cookie.split("=")[0]}`);
  try {
    for (const name of Object.keys(localStorage).slice(0, 50)) worked.push(`it has stored ${name}`);
  } catch {}
  for (const url of window.__NAME__?.().reached || []) worked.push(`the window that it opened is within reach: ${url}`);
  if (crossOriginIsolated) worked.push("it is isolated from other origins");
  return { worked };
}
