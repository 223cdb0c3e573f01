/**
 * The page that is shown, fetched again: in another language, or after a dialog has changed something. Everything that was
 * typed, chosen and opened is carried over. Source: fidelity.md: pages.shell.
 */
import { enhance, parsePage, root } from "./enhance.js";
import { showStep } from "./steps.js";

/** What a form of the top bar switches: `language`, `theme` or nothing. @param {HTMLFormElement} form */
export function switches(form) {
  const path = new URL(form.getAttribute("action") ?? "", document.baseURI).pathname;
  return ["language", "theme"].find((each) => path === `${root()}/${each}`) ?? null;
}

/** Fetch the page again and put it in the place of the old one. */
export async function reopen() {
  const response = await fetch(window.location.href, { headers: { Accept: "text/html" } });
  const page = parsePage(await response.text());
  if (page.querySelector("#content") === null) throw new Error("no page");
  const before = snapshot();
  const toasts = document.getElementById("toasts");
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  document.querySelector('meta[name="texts"]').replaceWith(page.querySelector('meta[name="texts"]'));
  document.body.replaceWith(page.body);
  document.getElementById("toasts").replaceWith(toasts);
  enhance(document);
  restore(before);
}

const KEPT = ":is(input:not([type=hidden]), select, textarea)";

/** Name an element by what it is and how many such came before it. @returns {Map<string, any>} */
function byKey(selector, keyOf) {
  const found = new Map();
  const counts = new Map();
  for (const element of document.querySelectorAll(selector)) {
    const key = keyOf(element);
    const nth = counts.get(key) ?? 0;
    counts.set(key, nth + 1);
    found.set(`${key}#${nth}`, element);
  }
  return found;
}

const controls = () => byKey(KEPT, (each) => `${each.form?.getAttribute("action")}|${each.id}|${each.name}|${isTicked(each) ? each.value : ""}`);
const folds = () => byKey("details", (each) => each.id);
const focusables = () => byKey("a, button, summary, input, select, textarea", (each) => `${each.tagName}|${each.id}|${each.name ?? ""}|${each.dataset.testid ?? ""}`);
const stepped = () => byKey("form[data-step]", (each) => each.getAttribute("action"));
const isTicked = (each) => each.type === "checkbox" || each.type === "radio";

function snapshot() {
  return {
    controls: controls(),
    steps: new Map([...stepped()].map(([key, each]) => [key, each.dataset.step])),
    folds: new Map([...folds()].map(([key, each]) => [key, each.open])),
    shown: [...document.querySelectorAll("[id]:not([hidden])")].map((each) => each.id),
    focused: [...focusables()].find(([, each]) => each === document.activeElement)?.[0],
    scrolled: window.scrollY,
  };
}

/** @param {ReturnType<typeof snapshot>} before */
function restore(before) {
  for (const id of before.shown) document.getElementById(id)?.removeAttribute("hidden");
  for (const [key, each] of folds()) each.open = before.folds.get(key) ?? each.open;
  for (const [key, each] of controls()) {
    const old = before.controls.get(key);
    if (old && !switches(each.form ?? old.form)) carry(old, each);
  }
  for (const [key, each] of stepped()) showStep(each, before.steps.get(key) ?? each.dataset.step);
  focusables().get(before.focused)?.focus();
  window.scrollTo(0, before.scrolled);
}

function carry(old, now) {
  if (isTicked(now)) now.checked = old.checked;
  else if (now.type === "file") carryFile(old, now);
  else if (now.value !== old.value && (now.type === "password" || old.type === now.type)) {
    now.value = old.value;
    now.dispatchEvent(new Event("input", { bubbles: true })); // what is told beside it is about this value
  }
}

function carryFile(old, now) {
  if (old.files.length === 0) return;
  now.files = old.files;
  now.dispatchEvent(new Event("change", { bubbles: true }));
}
