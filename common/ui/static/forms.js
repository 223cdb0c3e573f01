/**
 * Forms sent by fetch (`form[data-enhanced]`): what was typed survives every refusal, nothing is sent twice.
 * Answers: JSON (location, reveal, or a problem), HTML (new content), an attachment. Source: fidelity.md: pages.errors.
 */
import { closeDialog, fillDialog, focusFirst, go, noteChange, showProblem } from "./dialogs.js";
import { enhance, make, onEnhance, parsePage, root } from "./enhance.js";
import { keepInput } from "./kept.js";
import { afterAnswer, prepare } from "./prepare.js";
import { text } from "./texts.js";
import { dropErrors, takeToasts, toast } from "./toasts.js";
import { checkForm, clearProblems, markFields, markInput, startValidation } from "./validation.js";

const SENDS = "button[type=submit], button:not([type])";
const SAYS_SENT = 2_000; // ms
const SAYS_WORKING = 10_000; // ms
const SAYS_AGAIN = 5_000; // ms
const LEAVING = 3_000; // ms

export function startForms() {
  document.addEventListener("submit", onSubmit);
  document.addEventListener("keydown", onEnter);
  startValidation();
  onEnhance((root) => {
    for (const form of root.querySelectorAll("form[data-enhanced]")) form.noValidate = true;
    for (const button of root.querySelectorAll("[data-until-ready]")) {
      button.removeAttribute("data-until-ready");
      button.disabled = false; // what it sends had to be prepared by a script
    }
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.querySelectorAll("form[data-busy]")) setBusy(form, null, false);
  });
}

/** @param {SubmitEvent} event */
function onSubmit(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || !form.matches("form[data-enhanced]")) return;
  event.preventDefault();
  if (form.hasAttribute("data-busy") || !checkForm(form)) return;
  send(form, /** @type {HTMLButtonElement|null} */ (event.submitter));
}

/** Enter means the button that sends the form, not the first one in it: that may be hidden, or send another code. */
function onEnter(event) {
  const input = /** @type {Element} */ (event.target);
  if (event.key !== "Enter" || event.isComposing || !input.matches("form[data-enhanced] input:not([type=file])")) return;
  event.preventDefault();
  const form = /** @type {HTMLInputElement} */ (input).form;
  form.requestSubmit(mainButton(form));
}

/** @param {HTMLFormElement} form @returns {HTMLButtonElement|null} */
function mainButton(form) {
  const shown = [...form.querySelectorAll(SENDS)].filter((button) => button.checkVisibility() && !button.disabled);
  return shown.find((button) => !button.hasAttribute("formaction")) ?? shown[0] ?? null;
}

/**
 * Send once and take the answer. While the page is being left the form stays busy.
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement|null} submitter
 */
async function send(form, submitter) {
  const button = submitter ?? mainButton(form);
  const focused = document.activeElement;
  const patience = new AbortController();
  const stopTelling = tellProgress(form, patience);
  const leaving = noteLeaving();
  setBusy(form, button, true);
  let leaves = false;
  try {
    clearProblems(form);
    await prepare(form);
    const answer = await post(form, submitter, patience.signal);
    await leaving.isOver();
    leaves = await take(form, answer);
  } catch (error) {
    showFailure(/** @type {Error} */ (error), () => form.requestSubmit(submitter));
  } finally {
    stopTelling();
    leaving.forget();
    if (!leaves) setBusy(form, button, false);
    if (document.activeElement === document.body && focused?.isConnected) /** @type {HTMLElement} */ (focused).focus();
  }
}

/**
 * Somebody who goes elsewhere while a form is sent is not called back by its answer: a script that leads on would cancel
 * the way to the other page. Should that not come, or be a download, the answer is taken after all.
 */
function noteLeaving() {
  let leaves = false;
  const note = () => {
    leaves = true;
  };
  window.addEventListener("beforeunload", note);
  return {
    isOver: () => new Promise((resolve) => (leaves ? setTimeout(resolve, LEAVING) : resolve())),
    forget: () => window.removeEventListener("beforeunload", note),
  };
}

/** No answer that anybody understands. */
class NoAnswer extends Error {}

/** The person does not want to wait any longer; the server goes on. */
class StoppedWaiting extends Error {}

/** @returns {Promise<Response>} */
async function post(form, submitter, signal) {
  const body = new FormData(form);
  if (submitter?.name) body.append(submitter.name, submitter.value);
  const action = submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? window.location.href;
  try {
    return await fetch(action, { method: "POST", body, headers: { "X-Wardenloop-Form": window.location.pathname + window.location.search }, signal });
  } catch {
    throw signal.aborted ? new StoppedWaiting() : new NoAnswer();
  }
}

/** @returns {Promise<boolean>} whether the page is being left */
async function take(form, response) {
  const type = response.headers.get("Content-Type") ?? "";
  const disposition = response.headers.get("Content-Disposition") ?? "";
  if (disposition.startsWith("attachment")) return save(form, response, disposition);
  if (type.startsWith("application/json")) return takeJson(form, await readJson(response), response.status);
  if (response.redirected) return leaveFor(response.url);
  if (response.ok && type.startsWith("text/html")) return replaceContent(form, await response.text());
  throw new NoAnswer();
}

async function readJson(response) {
  try {
    return await response.json();
  } catch {
    throw new NoAnswer();
  }
}

async function takeJson(form, answer, status) {
  if (answer.location) {
    await afterAnswer(form, answer);
    if (new URL(answer.location, document.baseURI).pathname === `${root()}/login`) keepInput(form);
    return leaveFor(answer.location);
  }
  if (answer.reveal) {
    dropErrors();
    revealPart(form, answer);
  } else if (status >= 400) {
    for (const old of document.querySelectorAll("[data-once]")) old.remove(); // what went well before is not the news
    showProblem(answer, status);
    markFields(form, answer.fields ?? {});
  } else throw new NoAnswer();
  return false;
}

function leaveFor(location) {
  go(location);
  return true;
}

/** Un-hide parts of the form (ids, blank between), for instance for the code of the second step. */
function revealPart(form, { reveal, focus }) {
  const find = (id) => form.querySelector(`#${CSS.escape(id)}`) ?? document.getElementById(id);
  const parts = reveal.split(" ").map(find);
  for (const part of parts) {
    part.hidden = false;
    part.dataset.revealed = "";
  }
  const target = focus ? find(focus) : parts[0];
  (target.matches("input, select, textarea, button") ? target : (target.querySelector("input, select, textarea, button") ?? target)).focus();
}

async function save(form, response, disposition) {
  const plain = /filename="?([^";]+)"?/.exec(disposition)?.[1];
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition)?.[1];
  const name = encoded ? decodeURIComponent(encoded) : (plain ?? "download");
  const url = URL.createObjectURL(await response.blob());
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  dropErrors();
  noteChange(form);
  setBusy(form, null, false); // a busy dialog does not close
  closeDialog(form);
  toast({ kind: "success", title: text("x.downloadStarted", { file_name: name }) });
  return false;
}

function replaceContent(form, html) {
  const page = parsePage(html);
  const dialog = form.closest("dialog");
  if (page.querySelector("#content") === null) throw new NoAnswer();
  dropErrors();
  noteChange(form);
  if (dialog) fillDialog(dialog, page);
  else {
    const content = page.querySelector("#content");
    document.getElementById("content").replaceWith(content);
    document.title = page.title;
    takeToasts(page);
    enhance(content);
    const heading = content.querySelector("h1");
    heading.tabIndex = -1;
    if (!("keepInput" in form.dataset)) focusFirst(content, heading);
    else {
      carryOver(form, content);
      heading.focus(); // what came stands above the form
    }
  }
  return false;
}

/** What was typed and which files were chosen, into the same fields of the page that came. @param {HTMLFormElement} form @param {Element} content */
function carryOver(form, content) {
  for (const old of /** @type {Iterable<HTMLInputElement>} */ (form.querySelectorAll("input[id]"))) {
    const field = /** @type {HTMLInputElement|null} */ (content.querySelector(`input#${CSS.escape(old.id)}`));
    if (!field) continue;
    if (old.type === "file") field.files = old.files;
    else if (old.type === "checkbox") field.checked = old.checked;
    else field.value = old.value;
    if (old.files?.length) field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/** Where the inspector tells of what no answer tells of; null for who cannot look there. */
function failures() {
  const desk = document.body.dataset.desk;
  return desk ? { href: `${desk}/inspector?only=failed#exchanges`, label: text("x.failedExchanges") } : null;
}

/** @param {Error & {textKey?: string, input?: HTMLInputElement, isOfServer?: boolean}} error @param {() => void} retry */
function showFailure(error, retry) {
  if (error instanceof StoppedWaiting) {
    toast({ kind: "success", title: text("x.stoppedWaiting") });
  } else if (error.textKey) {
    const message = text(error.textKey);
    toast({ kind: "error", title: text("errorOccurred"), body: message, exchange: error.isOfServer ? failures() : null });
    if (error.input) markInput(error.input, message).focus();
  } else {
    if (!(error instanceof NoAnswer)) console.error(error);
    toast({ kind: "error", title: text("unexpectedError"), body: text("x.networkDown"), exchange: failures(), retry });
  }
}

// --- while it runs

/** @param {HTMLFormElement} form @param {HTMLButtonElement|null} button the pressed one, with a spinner */
function setBusy(form, button, busy) {
  form.toggleAttribute("data-busy", busy);
  form.ariaBusy = busy ? "true" : null;
  for (const each of form.querySelectorAll(SENDS)) each.disabled = busy;
  if (!busy) for (const spinner of form.querySelectorAll("[data-spinner]")) spinner.remove();
  if (busy) button?.prepend(spinner());
}

const spinner = () =>
  make(
    "span",
    { class: "spinner-border spinner-border-sm", role: "status", "data-spinner": true },
    make("span", { class: "visually-hidden" }, text("loading")),
  );

/** Tell about a long call to form[data-wait-host], and let the person stop waiting. @returns {() => void} stop */
function tellProgress(form, patience) {
  const host = form.dataset.waitHost;
  if (host === undefined) return () => {};
  const started = performance.now();
  const line = make("span", { role: "status" });
  const stop = make("button", { type: "button", class: "btn btn-sm btn-link", click: () => patience.abort(), "data-testid": "x.stopWaiting" }, text("x.stopWaiting"));
  const progress = make("p", { class: "form-progress" }, line);
  form.append(progress);
  const working = () => {
    line.textContent = text("x.stillWorking", { seconds: Math.round((performance.now() - started) / 1000) });
  };
  let again = 0;
  const timers = [
    setTimeout(() => (line.textContent = host ? text("x.requestSent", { host }) : text("x.underWay")), SAYS_SENT),
    setTimeout(() => {
      progress.append(stop);
      working();
      again = setInterval(working, SAYS_AGAIN);
    }, SAYS_WORKING),
  ];
  return () => {
    timers.forEach(clearTimeout);
    clearInterval(again);
    progress.remove();
  };
}
