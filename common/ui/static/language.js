/**
 * Language and theme at once: the choice is posted, then the same page is fetched in the new language and takes the place of
 * the old one with everything that was typed, chosen and opened. Source: fidelity.md: pages.shell.
 */
import { reopen, switches } from "./reopen.js";
import { text } from "./texts.js";
import { toast } from "./toasts.js";

export function startLanguage() {
  document.addEventListener("submit", onSubmit);
  document.addEventListener("change", (event) => {
    const form = /** @type {HTMLInputElement} */ (event.target).form;
    if (form && switches(form)) form.requestSubmit();
  });
}

/** @param {SubmitEvent} event */
async function onSubmit(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const what = switches(form);
  if (what === null) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const chosen = new FormData(form, event.submitter);
  try {
    await post(form.getAttribute("action"), chosen);
    if (what === "theme") showTheme(String(chosen.get("theme")));
    else await reopen();
  } catch {
    toast({ kind: "error", title: text("unexpectedError"), body: text("x.networkDown"), retry: () => form.requestSubmit(event.submitter) });
  }
}

async function post(action, body) {
  const response = await fetch(action, { method: "POST", body, headers: { "X-Wardenloop-Form": "1" } });
  if (!response.ok) throw new Error(`${action} answered ${response.status}`);
}

/** @param {string} theme theme.js follows the attribute */
function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
  for (const button of document.querySelectorAll("button[name=theme]")) button.ariaPressed = String(button.value === theme);
  for (const select of document.querySelectorAll("select[name=theme]")) select.value = theme;
}
