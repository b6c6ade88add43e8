const crossings = { Alder: 25, Brant: 40, Cormorant: 55, Dunlin: 70 };

onmessage = ({ data: island }) => {
  postMessage(`${island}: ${crossings[island] ?? 30} minutes, the next boat leaves on the half hour.`);
};
