/** What a form says about its fields: text under the field, a sum at the end, the first wrong field focused. Spec 11.8. */
import { make } from "./enhance.js";
import { languageOfWire, text } from "./texts.js";

/** @typedef {HTMLInputElement|HTMLSelectElement|HTMLTextAreaElement} Input */

/** While a pointer is down nothing may move: the click would miss what it is meant for. */
let pressing = false;

export function startValidation() {
  document.addEventListener("pointerdown", () => (pressing = true), true);
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, () => (pressing = false), true);
  document.addEventListener("focusout", onBlur);
  document.addEventListener("invalid", onInvalid, true);
  for (const name of ["input", "change"]) document.addEventListener(name, onChange);
}

/** Check all fields; marks and focuses when something is wrong. @param {HTMLFormElement} form */
export function checkForm(form) {
  clearProblems(form);
  const wrong = inputsOf(form).filter((input) => !input.validity.valid);
  const names = new Set();
  for (const input of wrong) {
    if (input.type === "radio" && names.has(input.name)) continue;
    names.add(input.name);
    markInput(input, problemOf(input));
  }
  summarise(form);
  if (wrong.length > 0) focusable(wrong[0]).focus();
  return wrong.length === 0;
}

/** Mark what the server refused. @param {HTMLFormElement} form @param {Record<string, string[]>} fields texts by input name */
export function markFields(form, fields) {
  const marked = Object.entries(fields).map(([name, texts]) => {
    const input = inputNamed(form, name);
    return input && markInput(input, texts.join(" "));
  });
  summarise(form);
  marked.find(Boolean)?.focus();
}

/** Put a text under a field. @param {Input} input @returns {HTMLElement} what to focus */
export function markInput(input, message) {
  input.setAttribute("aria-invalid", "true");
  input.classList.add("is-invalid");
  const note = noteOf(input);
  note.textContent = message;
  const language = languageOfWire(message);
  if (language) note.lang = language;
  else note.removeAttribute("lang");
  return focusable(input);
}

/** @param {HTMLFormElement} form */
export function clearProblems(form) {
  for (const input of form.querySelectorAll("[aria-invalid]")) unmark(input);
  form.querySelector(".form-summary")?.remove();
}

function unmark(input) {
  input.removeAttribute("aria-invalid");
  input.classList.remove("is-invalid");
  noteOf(input).textContent = "";
}

/** @param {HTMLFormElement} form @returns {Input[]} those a person can see and change */
const inputsOf = (form) =>
  [.../** @type {Iterable<any>} */ (form.elements)].filter((each) => each.willValidate && each.matches("input, select, textarea") && focusable(each).checkVisibility());

/** The input a server's field name means; for a hidden one, the unnamed one it is made of. */
function inputNamed(form, name) {
  const found = [.../** @type {Iterable<any>} */ (form.elements)].find((each) => each.name?.toLowerCase() === name.toLowerCase());
  const isMade = found === undefined || found.type === "hidden";
  return isMade ? (inputsOf(form).find((each) => !each.name) ?? null) : found;
}

/** @param {Input} input */
function problemOf(input) {
  const { valueMissing, customError, typeMismatch } = input.validity;
  if (customError) return input.validationMessage;
  if (valueMissing) return input.type === "file" ? text("selectFile") : text("inputRequired");
  return typeMismatch && input.type === "email" ? text("inputEmail") : text("x.inputInvalid");
}

/** The element under the field. @param {Input} input */
function noteOf(input) {
  const ids = (input.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  const scope = input.form ?? document;
  const found = ids.map((id) => scope.querySelector(`#${CSS.escape(id)}`)).find((each) => each?.matches(".invalid-feedback"));
  if (found) return found;
  const note = make("div", { class: "invalid-feedback", id: `${input.id || input.name}-error` });
  input.after(note);
  input.setAttribute("aria-describedby", [...ids, note.id].join(" "));
  return note;
}

/** A chosen file is changed by the button in front of its hidden input. @param {Input} input */
const focusable = (input) => (input.checkVisibility() ? input : (input.closest("[data-file]")?.querySelector("button") ?? input));

/** @param {HTMLFormElement} form */
function summarise(form) {
  form.querySelector(".form-summary")?.remove();
  const count = new Set([...form.querySelectorAll("[aria-invalid]")].map((each) => each.name || each.id)).size;
  if (count === 0) return;
  const sum = count === 1 ? text("formErrorSummarySingle") : text("formErrorSummaryPlural", { count });
  const line = make("p", { class: "form-summary" }, sum);
  const buttons = form.querySelector(".form-buttons");
  if (buttons) buttons.before(line);
  else form.append(line);
}

/** @param {FocusEvent} event */
function onBlur(event) {
  const input = /** @type {Input} */ (event.target);
  const presses = event.relatedTarget instanceof Element && event.relatedTarget.closest("a, button, summary");
  if (presses || !document.hasFocus() || !isChecked(input) || input.type === "file") return; // a text that appears would move the button away
  const check = () => input.validity.valid || markInput(input, problemOf(input));
  if (pressing) document.addEventListener("pointerup", () => setTimeout(check), { once: true });
  else check();
}

/** A form that the browser sends itself: what it would say speaks the browser's language. @param {Event} event */
function onInvalid(event) {
  const input = /** @type {Input} */ (event.target);
  const form = input.form;
  if (!form || form.matches("[data-enhanced]")) return;
  event.preventDefault();
  if (form.querySelector(":is(input, select, textarea):invalid") === input) checkForm(form);
}

/** @param {Event} event */
function onChange(event) {
  const input = /** @type {Input} */ (event.target);
  if (!input.form || !input.hasAttribute("aria-invalid")) return;
  unmark(input);
  summarise(input.form);
}

const isChecked = (input) => Boolean(input.form?.matches("[data-enhanced]") && input.willValidate);
