const view = document.getElementById("view");
const api = view.dataset.api;

const card = (title, ...children) => {
  const section = document.createElement("section");
  section.className = "card";
  const heading = document.createElement("h2");
  heading.textContent = title;
  section.append(heading, ...children);
  return section;
};

const paragraph = (text) => Object.assign(document.createElement("p"), { textContent: text });

const pages = {
  "/app/": async () => {
    const island = document.createElement("select");
    for (const name of ["Alder", "Brant", "Cormorant", "Dunlin"]) island.append(new Option(name));
    const answer = paragraph("Choose an island.");
    const planner = new Worker("/app/planner.js");
    planner.onmessage = ({ data }) => { answer.textContent = data; };
    island.onchange = () => planner.postMessage(island.value);
    planner.postMessage("Alder");
    return [card("Plan a trip", island, answer)];
  },
  "/app/departures": async () => {
    const answer = await fetch(`${api}/departures.json`);
    const rows = (await answer.json()).departures.map((one) => paragraph(`${one.at}  ${one.to}, pier ${one.pier}`));
    return [card("Departures", ...rows)];
  },
  "/app/tickets": async () => {
    const buy = document.createElement("div");
    // Old markup that nobody dared to touch: an inline handler and inline style.
    buy.innerHTML =
      '<p style="color: #087e8b">A day on the water: 12.00</p>' +
      '<button class="button" onclick="this.textContent = \'On the way\'">Buy</button>';
    return [card("Tickets", buy)];
  },
};

async function show(path) {
  const page = pages[path] ?? pages["/app/"];
  try {
    view.replaceChildren(...(await page()));
  } catch (error) {
    view.replaceChildren(card("Becalmed", paragraph(String(error))));
  }
  // A visit counted elsewhere: the kind of call that nobody remembers when a policy is written.
  fetch("https://metrics.example.com/visit.json", { mode: "cors" }).catch(() => {});
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-route]");
  if (link) {
    event.preventDefault();
    history.pushState({}, "", link.href);
    show(link.pathname);
  }
});
addEventListener("popstate", () => show(location.pathname));
show(location.pathname);
