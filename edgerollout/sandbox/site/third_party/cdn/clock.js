for (const element of document.querySelectorAll("[data-clock]")) {
  const tick = () => { element.textContent = new Date().toTimeString().slice(0, 5); };
  tick();
  setInterval(tick, 1000);
}
