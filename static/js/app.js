// What every page does with JavaScript; each part only adds to a page that works without it.
const root = document.documentElement;

// The theme. Scripts that draw hear of a change by the event "themechange".
for (const button of document.querySelectorAll("[data-theme-toggle]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const theme = root.dataset.bsTheme === "dark" ? "light" : "dark";
    root.dataset.bsTheme = theme;
    localStorage.setItem("theme", theme);
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}

// Where choices are one row that is pushed aside, the present one is in sight.
for (const chip of document.querySelectorAll(".chips > [aria-current]")) {
  const row = chip.parentElement;
  row.scrollLeft = chip.offsetLeft - row.offsetLeft - (row.clientWidth - chip.clientWidth) / 2;
}

// A state graph that is wider than the screen is first seen where it begins.
for (const start of document.querySelectorAll(".graph-scroll .graph-start:not(.is-inside)")) {
  const view = start.closest(".graph-scroll");
  const { left, width } = start.getBoundingClientRect();
  view.scrollLeft = left + width / 2 - view.getBoundingClientRect().left - view.clientWidth / 2;
}

// Copy buttons are hidden in the markup: without JavaScript they could do nothing.
function showCopyButtons() {
  for (const button of document.querySelectorAll(".btn-copy[hidden]")) {
    button.hidden = !navigator.clipboard;
  }
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest(".btn-copy");
  if (!button) return;
  const block = button.closest(".code-block")?.querySelector("code");
  await navigator.clipboard.writeText(button.dataset.copy ?? block.textContent);
  button.classList.add("is-done");
  say("Copied.", "ok");
  setTimeout(() => button.classList.remove("is-done"), 1500);
});

// Notices: read out politely, gone after a while.
function say(text, tone = "bad") {
  const notices = document.getElementById("notices");
  // A page that polls would say the same every two seconds.
  if ([...notices.children].some((shown) => shown.textContent === text)) return;
  const notice = document.createElement("div");
  notice.className = `callout callout-${tone}`;
  notice.textContent = text;
  notices.append(notice);
  setTimeout(() => notice.remove(), tone === "bad" ? 8000 : 2000);
}

// Error answers are not swapped into the page (see htmx-config): say what happened instead.
document.addEventListener("htmx:response:error", (event) => {
  const { response, text } = event.detail.ctx;
  const status = response.raw.status;
  if (status === 422) return;
  // A role that is not enough is explained by the server, in plain words.
  if (status === 403 && response.raw.headers.get("Content-Type")?.startsWith("text/plain")) say(text);
  else if (status === 401 || status === 403) say("You are signed out, or not allowed to do this. Reload the page.");
  else if (status === 503) say("The database is busy. Nothing was changed; try again in a moment.");
  else say(`The server answered ${status}. Reload the page to see how things stand.`);
});
document.addEventListener("htmx:error", () => say("The server could not be reached."));

showCopyButtons();
document.addEventListener("htmx:after:swap", showCopyButtons);

// A button that does its work away takes the focus with it, and a keyboard would begin at the top of
// the page again: what was around the button, and is still there, has it then.
let around = [];
document.addEventListener("htmx:before:swap", () => {
  around = [];
  for (let node = document.activeElement; node && node !== document.body; node = node.parentElement) {
    if (node.id) around.push(node.id);
  }
});
document.addEventListener("htmx:after:swap", () => {
  if (document.activeElement !== document.body) return;
  const left = around.map((id) => document.getElementById(id)).find((node) => node?.tabIndex === -1 && node.hasAttribute("tabindex"));
  left?.focus({ preventScroll: true });
});
