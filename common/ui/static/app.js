/** Entry of the scripts of every page. Most listen on the document, so swapped content needs nothing; the rest is `onEnhance`. */
import { startClock } from "./clock.js";
import { startCopying } from "./copy.js";
import { startDialogs } from "./dialogs.js";
import { enhance, user } from "./enhance.js";
import { startFiles } from "./files.js";
import { startForms } from "./forms.js";
import { followHash } from "./hash.js";
import { startKept } from "./kept.js";
import { forget } from "./keys.js";
import { startLanguage } from "./language.js";
import { startMails } from "./mails.js";
import { startMenus } from "./menus.js";
import { startNotes } from "./notes.js";
import { startShowing } from "./show.js";
import { startUnlocking } from "./prepare.js";
import { startPresenter } from "./presenter.js";
import { startSteps } from "./steps.js";
import { startStrength } from "./strength.js";
import { startToasts } from "./toasts.js";
import { startTotals } from "./totals.js";
import { startUnsaved } from "./unsaved.js";

/** Put the banner away, in this browser for good. */
function dismissBanner() {
  document.documentElement.dataset.simBanner = "off";
  try {
    localStorage.setItem("wardenloop.sim-banner", "off");
  } catch {
    // no storage: it comes back with the next page
  }
}

/** @param {HTMLButtonElement} button */
function togglePassword(button) {
  const input = button.parentElement.querySelector("input");
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
}

function startSmallThings() {
  document.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    const shows = target.closest("[data-show-password]");
    if (target.closest("[data-dismiss='sim-banner']")) dismissBanner();
    if (shows) togglePassword(/** @type {HTMLButtonElement} */ (shows));
    if (target.closest("[data-back]") && history.length > 1) {
      event.preventDefault();
      history.back();
    }
  });
}

// Where nobody is signed in any more, however that came about, no key stays behind.
if (user() === "") forget().catch(console.warn);

followHash();
startUnsaved(); // first: it may keep the others from following a link
startToasts();
startMenus();
startDialogs();
startSteps(); // before the forms: some buttons only go on
startForms();
startKept();
startUnlocking();
startPresenter();
startFiles();
startCopying();
startStrength();
startNotes();
startTotals();
startLanguage();
startSmallThings();
startClock();
startMails();
enhance(document);
startShowing();
/** @type {HTMLFormElement|null} */ (document.querySelector("form[data-go-on]"))?.requestSubmit();
document.documentElement.dataset.ready = "";
