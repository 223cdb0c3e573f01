/** Leaving a changed `form[data-unsaved]` asks: links with our own question, everything else with the browser's. */
import { ask } from "./dialogs.js";
import { text } from "./texts.js";

let leaving = false;

export function startUnsaved() {
  document.addEventListener("click", onClick);
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && hasUnsaved()) event.preventDefault();
  });
  window.addEventListener("pageshow", () => {
    leaving = false;
  });
}

/** What comes now was meant: do not ask. */
export function letLeave() {
  leaving = true;
}

const hasUnsaved = () => [...document.querySelectorAll("form[data-unsaved]")].some(isChanged);

/** @param {HTMLFormElement} form */
function isChanged(form) {
  return [.../** @type {Iterable<any>} */ (form.elements)].some((each) => {
    if (each.type === "hidden" || each instanceof HTMLButtonElement) return false;
    if (each.type === "checkbox" || each.type === "radio") return each.checked !== each.defaultChecked;
    if (each.type === "file") return each.files.length > 0;
    if (each instanceof HTMLSelectElement) return changedChoice(each);
    return each.value !== each.defaultValue;
  });
}

function changedChoice(select) {
  const chosen = [...select.options].filter((option) => option.defaultSelected);
  return select.value !== (chosen.at(-1) ?? select.options[0])?.value;
}

/** @param {MouseEvent} event */
async function onClick(event) {
  const link = /** @type {Element} */ (event.target).closest("a[href]");
  if (!link || event.defaultPrevented || !leavesPage(link, event) || !hasUnsaved()) return;
  event.preventDefault();
  if (await ask(text("x.unsaved"), text("x.leavePage"))) {
    letLeave();
    window.location.assign(link.href);
  }
}

function leavesPage(link, event) {
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return false;
  if (link.target || link.hasAttribute("download") || link.matches("[data-dialog], dialog [data-close]")) return false;
  return !link.getAttribute("href").startsWith("#");
}
