// Keeps "4 min ago" true while a page stays open; core/display.py says the same on the server.
const UNITS = [
  [45, 1, ""],
  [3570, 60, "min"],
  [84600, 3600, "h"],
  [Infinity, 86400, "day"],
];

function relative(moment, now) {
  const distance = (now - moment) / 1000;
  const size = Math.abs(distance);
  const [, unit, name] = UNITS.find(([limit]) => size < limit);
  if (!name) return "just now";
  const count = Math.max(1, Math.floor(size / unit + 0.5));
  const text = `${count} ${name}${name === "day" && count > 1 ? "s" : ""}`;
  return distance > 0 ? `${text} ago` : `in ${text}`;
}

function update() {
  for (const element of document.querySelectorAll("time[data-relative]")) {
    const text = relative(new Date(element.dateTime), Date.now());
    if (element.textContent !== text) element.textContent = text;
  }
}

setInterval(update, 15000);
document.addEventListener("visibilitychange", () => document.hidden || update());
