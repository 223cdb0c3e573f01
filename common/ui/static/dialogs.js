/**
 * Pages as dialogs: `<a data-dialog href>` shows #content of its page in a native modal dialog, `data-close` closes it.
 * Focus goes to the first field and comes back to the link; Esc closes unless a call runs. Source: fidelity.md: pages.shell.
 */
import { enhance, icon, make, parsePage } from "./enhance.js";
import { reopen } from "./reopen.js";
import { text } from "./texts.js";
import { region, takeToasts, toast } from "./toasts.js";
import { letLeave } from "./unsaved.js";

const FIELD = "input:not([type=hidden]), select, textarea, [data-file-look] button";
let count = 0;

export function startDialogs() {
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", keepWhileBusy);
}

/** @param {MouseEvent} event */
function onClick(event) {
  if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const target = /** @type {Element} */ (event.target);
  const link = /** @type {HTMLAnchorElement|null} */ (target.closest("a[data-dialog]"));
  const closer = target.closest("[data-close]");
  if (link) {
    event.preventDefault();
    openDialog(link);
  } else if (closer?.closest("dialog")) {
    event.preventDefault();
    closeDialog(closer);
  }
}

/** @param {HTMLAnchorElement} link */
async function openDialog(link) {
  if (link.ariaBusy === "true") return;
  link.ariaBusy = "true";
  try {
    const page = await fetchPage(link.href);
    if (page) show(page, link);
  } catch {
    toast({ kind: "error", title: text("unexpectedError"), body: text("x.networkDown"), retry: () => openDialog(link) });
  } finally {
    link.ariaBusy = null;
  }
}

/** The page behind an address, or nothing when the server leads elsewhere or refuses. @returns {Promise<Document|null>} */
async function fetchPage(href) {
  const response = await fetch(href, { headers: { "X-Wardenloop-Form": "1", Accept: "text/html" } });
  if (response.headers.get("Content-Type")?.startsWith("application/json")) {
    const answer = await response.json();
    if (answer.location) go(answer.location);
    else showProblem(answer, response.status);
    return null;
  }
  const page = parsePage(await response.text());
  if (page.querySelector("#content") === null) throw new Error(`${href} has no #content`);
  return page;
}

/** Leave for another page, even from a changed form. @param {string} location */
export function go(location) {
  const target = new URL(location, document.baseURI);
  letLeave();
  const stays = target.pathname === window.location.pathname && target.search === window.location.search;
  window.location.assign(target);
  if (stays && target.hash) window.location.reload();
}

/**
 * @param {{message: string, gloss?: string|null, details?: {href: string, label: string}|null, exchange?: {href: string, label: string}|null}} answer
 * @param {number} status
 */
export function showProblem({ message, gloss, details, exchange }, status) {
  const title = status >= 500 ? text("unexpectedError") : text("errorOccurred");
  toast({ kind: "error", title, body: gloss || message, wire: gloss ? message : undefined, details, exchange });
}

/** @param {Document} page @param {HTMLElement} opener */
function show(page, opener) {
  const title = make("h2", { id: `dialog-title-${++count}`, class: "dialog-title", tabindex: "-1" });
  const close = make("button", { type: "button", class: "icon-button", "data-close": true, "aria-label": text("close") }, icon("close"));
  const dialog = /** @type {HTMLDialogElement} */ (
    make("dialog", { class: "app-dialog", "aria-labelledby": title.id }, make("div", { class: "dialog-head" }, title, close), make("div", { class: "dialog-body" }))
  );
  document.body.prepend(dialog); // first: where the page behind has the same ids, labels mean the ones in here
  dialog.addEventListener("cancel", keepWhileBusy);
  dialog.addEventListener("close", () => leave(dialog, opener), { once: true });
  dialog.showModal();
  fillDialog(dialog, page);
}

/** @param {HTMLDialogElement} dialog @param {Document} page whose #content it shows */
export function fillDialog(dialog, page) {
  const content = page.querySelector("#content");
  const heading = content.querySelector("h1");
  dialog.querySelector(".dialog-title").textContent = heading.textContent.trim();
  (content.querySelector(".page-head") ?? heading).remove();
  const body = dialog.querySelector(".dialog-body");
  body.replaceChildren(...content.childNodes);
  enhance(body);
  takeToasts(page);
  focusFirst(body, dialog.querySelector(".dialog-title"));
}

/** Focus what asks for it, else the first field, else the heading. @param {Element} body @param {Element} heading */
export function focusFirst(body, heading) {
  const fields = [...body.querySelectorAll(FIELD)].filter((each) => each.checkVisibility() && !each.disabled);
  const wanted = body.querySelector("[autofocus]") ?? fields[0] ?? heading;
  wanted.focus();
}

/** Both ways of Esc: browsers let a second one through `cancel`, and the focus may be nowhere while a button is disabled. */
function keepWhileBusy(event) {
  const isEscape = event.type === "cancel" || event.key === "Escape";
  if (isEscape && document.querySelector("dialog[open]")?.querySelector("[data-busy]")) event.preventDefault();
}

/** Close the dialog this element stands in, unless a call runs there. @param {Element} element */
export function closeDialog(element) {
  const dialog = /** @type {HTMLDialogElement|null} */ (element.closest("dialog"));
  if (dialog && !dialog.querySelector("[data-busy]")) dialog.close();
}

function leave(dialog, opener) {
  const toasts = dialog.querySelector("#toasts");
  if (toasts) document.body.append(toasts);
  dialog.remove();
  region();
  const back = opener.checkVisibility() ? opener : opener.closest("details")?.querySelector("summary");
  back?.focus();
  if ("changed" in dialog.dataset) reopen().catch(console.error);
}

/** What the dialog of this form has changed is to be seen on the page below, too. @param {Element} form */
export function noteChange(form) {
  const dialog = form.closest("dialog");
  if (dialog) dialog.dataset.changed = "";
}

/**
 * Ask before something is lost. @param {string} question @param {string} accept label of the button that goes on
 * @returns {Promise<boolean>}
 */
export function ask(question, accept) {
  const id = `dialog-title-${++count}`;
  const dialog = /** @type {HTMLDialogElement} */ (
    make(
      "dialog",
      { class: "app-dialog app-dialog-small", "aria-labelledby": id },
      make("div", { class: "dialog-head" }, make("h2", { id, class: "dialog-title" }, question)),
      make(
        "form",
        { method: "dialog", class: "form-buttons" },
        make("button", { class: "btn btn-danger", value: "yes", "data-testid": "x.leavePage" }, accept),
        make("button", { class: "btn btn-outline-secondary", value: "", autofocus: true, "data-testid": "cancel" }, text("cancel")),
      ),
    )
  );
  document.body.prepend(dialog); // first: where the page behind has the same ids, labels mean the ones in here
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes");
    });
  });
}
