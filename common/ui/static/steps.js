/**
 * `form[data-step]`: one form in steps, of which css shows what is `.in-step-NAME`; `[data-to-step=NAME]` goes there.
 * Going on checks what is seen so far. Source: fidelity.md: pages.shell.
 */
import { checkForm, clearProblems } from "./validation.js";

const FIELD = ":is(input:not([type=hidden]), select, textarea)";

/** Before `startForms`: a button that only goes on sends nothing. */
export function startSteps() {
  document.addEventListener("submit", (event) => {
    const button = /** @type {HTMLElement|null} */ (event.submitter);
    if (!button?.dataset.toStep) return;
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (checkForm(form)) changeStep(form, button.dataset.toStep);
  });
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("button[type=button][data-to-step]");
    if (button) goBack(/** @type {HTMLButtonElement} */ (button));
  });
}

/** What was entered in the step that is left goes: it may be somebody else's. @param {HTMLButtonElement} button */
function goBack({ form, dataset }) {
  for (const field of form.querySelectorAll(`.in-step-${form.dataset.step} ${FIELD}`)) field.value = "";
  changeStep(form, dataset.toStep);
}

/** @param {HTMLFormElement} form @param {string} step what later answers had revealed is hidden again */
function changeStep(form, step) {
  clearProblems(form);
  for (const part of form.querySelectorAll("[data-revealed]")) part.hidden = true;
  showStep(form, step);
  const fields = [...form.querySelectorAll(FIELD)];
  fields.find((each) => each.checkVisibility())?.focus();
}

/** @param {HTMLFormElement} form @param {string} step */
export function showStep(form, step) {
  form.dataset.step = step;
  for (const copy of form.querySelectorAll("[data-shows]")) copy.textContent = fieldOf(form, copy.dataset.shows).value.trim();
}

/** @param {HTMLFormElement} form @param {string} name */
const fieldOf = (form, name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
