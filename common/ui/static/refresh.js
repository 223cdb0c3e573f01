/**
 * Keeps the elements of a page with `data-refresh` up to date: when the server tells that something has changed, the page is
 * asked again and what is different is swapped. What somebody has opened stays open, and no form is taken away while it runs.
 */
import { enhance } from "./enhance.js";
import { onState } from "./events.js";

const SLOWLY = 30_000; // ms, for what no server tells by itself

/** @type {WeakMap<Element, string>} */
const shown = new WeakMap();
let wanted = false;
let running = false;

async function refresh() {
  wanted = true;
  if (running || document.hidden || isPaused()) return;
  running = true;
  try {
    while (wanted) {
      wanted = false;
      await swap();
    }
  } finally {
    running = false;
  }
}

async function swap() {
  const response = await fetch(location.href);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const old of document.querySelectorAll("[data-refresh]")) {
    const now = fresh.getElementById(old.id);
    if (!now || now.innerHTML === shown.get(old) || old.querySelector("[data-busy]")) continue;
    shown.set(old, now.innerHTML);
    if (now.innerHTML !== old.innerHTML) replace(old, now);
  }
}

function replace(old, now) {
  const open = [...old.querySelectorAll("details")].map((each) => each.open);
  const focused = old.contains(document.activeElement) ? document.activeElement?.getAttribute("data-testid") : null;
  old.innerHTML = now.innerHTML;
  const details = [...old.querySelectorAll("details")];
  if (details.length === open.length) details.forEach((each, at) => (each.open = open[at]));
  enhance(old);
  if (focused) /** @type {HTMLElement|null} */ (old.querySelector(`[data-testid="${CSS.escape(focused)}"]`))?.focus({ preventScroll: true });
}

const isPaused = () => document.querySelector("[data-pause]")?.getAttribute("aria-pressed") === "true";

document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-pause]");
  if (!button) return;
  button.setAttribute("aria-pressed", String(!isPaused()));
  quietly();
});

const quietly = () => refresh().catch(() => {}); // a silent server is told by the page itself, the next time it answers

onState("/_sim/events", quietly);
setInterval(quietly, SLOWLY);
document.addEventListener("visibilitychange", () => wanted && quietly());
