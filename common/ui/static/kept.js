/** What was typed into a form whose sender is logged in no more: kept in this tab, and back when the same person is. */
import { onEnhance, root, user } from "./enhance.js";
import { text } from "./texts.js";
import { toast } from "./toasts.js";

const SHELF = () => `wardenloop.input:${root()}`;
const OPEN = ":is(input, select, textarea)[name]:not([type=hidden], [type=password], [type=file], [autocomplete=off])";

/** Only what is no secret. @param {HTMLFormElement} form */
export function keepInput(form) {
  const values = [...form.querySelectorAll(OPEN)].map((each) => [each.name, each.value, Boolean(each.checked)]);
  if (values.length === 0 || user() === "") return;
  try {
    sessionStorage.setItem(SHELF(), JSON.stringify({ user: user(), action: form.getAttribute("action"), values }));
  } catch {
    // no storage: it has to be typed again
  }
}

export function startKept() {
  onEnhance((part) => {
    const kept = look();
    if (kept === null || user() === "") return;
    const form = [...part.querySelectorAll("form[data-enhanced]")].find((each) => each.getAttribute("action") === kept.action);
    if (form && kept.user === user()) giveBack(form, kept.values);
    if (form || kept.user !== user()) sessionStorage.removeItem(SHELF());
  });
}

function look() {
  try {
    return JSON.parse(sessionStorage.getItem(SHELF()));
  } catch {
    return null;
  }
}

/** @param {HTMLFormElement} form @param {[string, string, boolean][]} values */
function giveBack(form, values) {
  for (const [name, value, ticked] of values) {
    for (const each of form.querySelectorAll(OPEN)) {
      if (each.name !== name) continue;
      if (each.type === "checkbox" || each.type === "radio") each.checked = each.value === value ? ticked : each.checked;
      else each.value = value;
    }
  }
  toast({ kind: "success", title: text("x.inputKept") });
}
