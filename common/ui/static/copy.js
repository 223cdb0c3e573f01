/** `button[data-copy=id]`: copies the value or text of an element; where the browser forbids it, selects it and says so. */
import { text } from "./texts.js";
import { toast } from "./toasts.js";

const SHOWS_DONE = 2_000; // ms

export function startCopying() {
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-copy]");
    if (button) copy(/** @type {HTMLButtonElement} */ (button));
  });
}

/** @param {HTMLButtonElement} button */
async function copy(button) {
  const source = (button.closest("dialog") ?? document).querySelector(`#${CSS.escape(button.dataset.copy)}`);
  const value = "value" in source ? source.value : source.textContent;
  try {
    await navigator.clipboard.writeText(value);
  } catch {
    select(source);
    toast({ kind: "success", title: text("x.copyByHand") });
    return;
  }
  toast({ kind: "success", title: text("valueCopied", { value: button.dataset.copyLabel ?? value }) });
  showDone(button);
}

function select(source) {
  if ("select" in source) source.select();
  else window.getSelection().selectAllChildren(source);
}

function showDone(button) {
  const use = button.querySelector("use");
  if (!use) return;
  const draw = (name) => use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
  draw("check");
  setTimeout(() => draw("copy"), SHOWS_DONE);
}
