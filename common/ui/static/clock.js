/** The clock of the bar: its own server tells what time it is there, and whether something is made to go wrong. */
import { onEnhance } from "./enhance.js";
import { onState } from "./events.js";
import { text } from "./texts.js";

const TICK = 10_000; // ms
const SKEW = 5; // seconds that clocks of one stack may be apart
const DAY = 86_400;
const REMEMBERED = "wardenloop.clock";

/** @type {{overview: any, at: number}|undefined} */
let last;

export function startClock() {
  const chip = clock();
  if (!chip) return;
  last = remembered();
  onState(`${chip.dataset.clock}/_sim/events`, (overview) => {
    last = { overview, at: Date.now() };
    remember();
    show();
  });
  onEnhance(show);
  setInterval(show, TICK);
}

/** What this tab was told on the page before, until the server says more. */
function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(REMEMBERED) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}

function remember() {
  try {
    sessionStorage.setItem(REMEMBERED, JSON.stringify(last));
  } catch {
    // no storage: the next page waits for the server
  }
}

const clock = () => /** @type {HTMLElement|null} */ (document.querySelector("[data-clock]"));

function show() {
  const chip = clock();
  if (!chip || !last) return;
  const { overview, at } = last;
  const apps = (overview.apps ? Object.values(overview.apps) : [overview]).filter(Boolean);
  if (apps.length === 0) return;
  const [{ now, offsetSeconds, frozen }] = apps;
  const days = Math.round(offsetSeconds / DAY);
  const moment = new Date(Date.parse(now) + (frozen ? 0 : Date.now() - at));
  const shown = moment.toISOString().slice(0, 16).replace("T", " ");
  const ahead = `${days < 0 ? "" : "+"}${days}`;
  chip.querySelector("[data-clock-text]").textContent = days === 0 ? text("x.clockNow", { now: shown }) : text("x.clockAhead", { now: shown, days: ahead });
  const isSkewed = apps.some((each) => Math.abs(each.offsetSeconds - offsetSeconds) > SKEW);
  const isOn = isSkewed || Boolean(overview.mailFaults) || apps.some((each) => each.faults || each.egress);
  chip.querySelector("[data-clock-on]").toggleAttribute("hidden", !isOn);
}
