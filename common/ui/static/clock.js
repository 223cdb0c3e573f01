/** The clock of the bar: asks its own server what time it is there, and whether something is made to go wrong. */
import { onEnhance } from "./enhance.js";
import { text } from "./texts.js";

const PAUSE = 5_000; // ms
const SKEW = 5; // seconds that clocks of one stack may be apart
const DAY = 86_400;

export function startClock() {
  const tick = () => refresh().catch(() => {}); // a silent server is told by what is done next
  onEnhance((part) => part === document && tick());
  setInterval(tick, PAUSE);
  document.addEventListener("visibilitychange", tick);
}

async function refresh() {
  const chip = /** @type {HTMLElement|null} */ (document.querySelector("[data-clock]"));
  if (!chip || document.hidden) return;
  const response = await fetch(`${chip.dataset.clock}/_sim`);
  if (!response.ok || !chip.isConnected) return;
  show(chip, await response.json());
}

/** @param {HTMLElement} chip @param {any} overview of an app, or of the desk with its apps */
function show(chip, overview) {
  const apps = (overview.apps ? Object.values(overview.apps) : [overview]).filter(Boolean);
  if (apps.length === 0) return;
  const [{ now, offsetSeconds }] = apps;
  const days = Math.round(offsetSeconds / DAY);
  const shown = now.slice(0, 16).replace("T", " ");
  const ahead = `${days < 0 ? "" : "+"}${days}`;
  chip.querySelector("[data-clock-text]").textContent = days === 0 ? text("x.clockNow", { now: shown }) : text("x.clockAhead", { now: shown, days: ahead });
  const isSkewed = apps.some((each) => Math.abs(each.offsetSeconds - offsetSeconds) > SKEW);
  const isOn = isSkewed || Boolean(overview.mailFaults) || apps.some((each) => each.faults || each.egress);
  chip.querySelector("[data-clock-on]").toggleAttribute("hidden", !isOn);
}
