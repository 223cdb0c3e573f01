/**
 * Messages in the corner. Success leaves by itself, errors stay until dismissed, at most three show; all of this tab are
 * kept under the bell. Source: fidelity.md: pages.shell.
 */
import { icon, make, onEnhance, root, user } from "./enhance.js";
import { languageOfWire, text } from "./texts.js";

/**
 * @typedef {object} Toast
 * @property {"success"|"warning"|"error"} kind
 * @property {string} title
 * @property {string} [body]
 * @property {string} [wire] literal text of the server, shown under its own label
 * @property {{href: string, label: string}|null} [details]
 * @property {{href: string, label: string}|null} [exchange] where the inspector tells what became of it
 * @property {() => void} [retry] offers Try again
 */

const MOST = 3;
const MOST_REMEMBERED = 20;
const LEAST_TIME = 5000; // ms
const TIME_PER_CHARACTER = 60; // ms

export function startToasts() {
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-toast-close]");
    if (button) button.closest(".app-toast").remove();
  });
  document.addEventListener("submit", (event) => {
    if (/** @type {Element} */ (event.target).matches("#logout")) forgetMessages();
  });
  onEnhance(() => {
    if (shelved().user !== user()) forgetMessages();
    for (const flashed of document.querySelectorAll("#toasts [data-flash]")) adopt(/** @type {HTMLElement} */ (flashed));
    showHistory();
  });
}

/** @param {Toast} message */
export function toast(message) {
  const element = build(message);
  region().append(element);
  admit(element, message.kind);
  remember(message);
}

/** Take over what a page that came by script has to say. @param {Document} page */
export function takeToasts(page) {
  for (const flashed of page.querySelectorAll("#toasts [data-flash]")) {
    region().append(flashed);
    adopt(/** @type {HTMLElement} */ (flashed));
  }
}

/** What was refused went well in the end: the bell keeps it. */
export function dropErrors() {
  for (const old of region().querySelectorAll(".app-toast-error")) old.remove();
}

/** Where toasts go: inside the open dialog, since everything outside of it is inert and covered. */
export function region() {
  const toasts = document.getElementById("toasts");
  const host = document.querySelector("dialog[open]") ?? document.body; // dialogs.js puts the topmost first
  if (toasts.parentElement !== host) host.append(toasts);
  return toasts;
}

/** @param {Toast} message */
function build({ kind, title, body, wire, details, exchange, retry }) {
  const isError = kind === "error";
  return make(
    "div",
    { class: `app-toast app-toast-${kind}`, role: isError ? "alert" : "status" },
    icon(iconOf(kind)),
    make(
      "div",
      { class: "app-toast-text" },
      ...wording({ title, body, wire }),
      (details || exchange || retry) && make("p", { class: "app-toast-more" }, details && link(details), exchange && explained(exchange), retry && again(retry)),
    ),
    closeButton(),
  );
}

const iconOf = (kind) => ({ error: "blocked", warning: "warning" })[kind] ?? "check";

/** @param {Pick<Toast, "title"|"body"|"wire">} words @returns {HTMLElement[]} */
function wording({ title, body, wire }) {
  const lines = (body ?? "").split("\n").filter(Boolean);
  const parts = [make("p", { class: "app-toast-title" }, title)];
  parts.push(...lines.map((line) => make("p", { lang: languageOfWire(line) }, line)));
  if (wire) {
    const label = make("span", { class: "wire-label" }, text("x.wireMessage"));
    parts.push(make("p", { class: "wire" }, label, " ", make("span", { lang: "en", "data-testid": "x.wireMessage" }, wire)));
  }
  return parts;
}

const link = ({ href, label }) => make("a", { href }, label || text("x.showDetails"));

/** In a window of its own: what was typed stays. */
const explained = ({ href, label }) =>
  make("a", { href, class: "explained", target: "_blank", rel: "noopener", "data-testid": "explained" }, icon("search"), label);

function again(retry) {
  const press = (event) => {
    event.target.closest(".app-toast").remove();
    retry();
  };
  return make("button", { type: "button", class: "btn btn-sm btn-outline-primary", "data-testid": "x.retry", click: press }, text("x.retry"));
}

const closeButton = () =>
  make("button", { type: "button", class: "icon-button", "data-toast-close": true, "aria-label": text("close") }, icon("close"));

/** @param {HTMLElement} element one that came with the page */
function adopt(element) {
  const kind = /** @type {Toast["kind"]} */ (element.dataset.flash);
  delete element.dataset.flash;
  element.append(closeButton());
  admit(element, kind);
  const line = (selector) => element.querySelector(selector)?.textContent.trim();
  remember({ kind, title: line(".app-toast-title"), body: line("p:not(.app-toast-title, .wire)"), wire: line(".wire [lang]") });
}

/** Let it stand for its time, the oldest making room. */
function admit(element, kind) {
  const shown = region().querySelectorAll(".app-toast");
  for (const old of [...shown].slice(0, Math.max(0, shown.length - MOST))) old.remove();
  if (kind !== "error") leaveLater(element);
}

/** @param {HTMLElement} element gone after a time for reading, which stands still under pointer and focus */
function leaveLater(element) {
  const time = Math.max(LEAST_TIME, element.textContent.length * TIME_PER_CHARACTER);
  let timer = 0;
  const start = () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => element.remove(), time);
  };
  const stop = () => clearTimeout(timer);
  for (const name of ["mouseenter", "focusin"]) element.addEventListener(name, stop);
  for (const name of ["mouseleave", "focusout"]) element.addEventListener(name, start);
  start();
}

// --- the bell

const shelf = () => `wardenloop.messages:${root()}`;

/** What is kept, and for whom: somebody else may sign in where the session of the one before has just ended. */
function shelved() {
  try {
    return JSON.parse(sessionStorage.getItem(shelf())) ?? {};
  } catch {
    return {};
  }
}

/** @returns {(Toast & {at: string})[]} newest first */
const remembered = () => shelved().messages ?? [];

/** @param {Toast} message */
function remember({ kind, title, body, wire, exchange }) {
  const at = new Date().toTimeString().slice(0, 5);
  try {
    const messages = [{ kind, title, body, wire, exchange, at }, ...remembered()].slice(0, MOST_REMEMBERED);
    sessionStorage.setItem(shelf(), JSON.stringify({ user: user(), messages }));
  } catch {
    return; // no storage: no history
  }
  showHistory();
}

function forgetMessages() {
  try {
    sessionStorage.removeItem(shelf());
  } catch {
    // no storage: nothing to forget
  }
}

function showHistory() {
  const list = document.getElementById("toast-history");
  const messages = remembered();
  if (list === null || messages.length === 0) return;
  list.replaceChildren(...messages.map(entry));
}

/** @param {Toast & {at: string}} message */
const entry = ({ kind, title, body, wire, exchange, at }) =>
  make(
    "li",
    { class: `toast-past toast-past-${kind}` },
    icon(iconOf(kind)),
    make("div", {}, make("time", {}, at), ...wording({ title, body, wire }), exchange && explained(exchange)),
  );
