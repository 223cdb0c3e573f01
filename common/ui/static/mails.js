/** Mails to whoever is signed in: how many nobody has opened stands at the envelope, a new one is told in a toast. */
import { make, root, user } from "./enhance.js";
import { onState } from "./events.js";
import { text } from "./texts.js";
import { toast } from "./toasts.js";

const AT_ONCE = 500; // ms: what comes together is asked for once

let asked = 0;
/** @type {number|undefined} */
let seen;

export function startMails() {
  const clock = /** @type {HTMLElement|null} */ (document.querySelector("[data-clock]"));
  if (!clock || user() === "" || envelope() === null) return;
  onState(`${clock.dataset.clock}/_sim/events`, ({ journal }) => {
    if (journal === seen) return; // what leaves a server is in its journal
    seen = journal;
    clearTimeout(asked);
    asked = window.setTimeout(() => look().catch(() => {}), AT_ONCE); // a silent desk tells nothing
  });
}

const envelope = () => /** @type {HTMLAnchorElement|null} */ (document.querySelector(".topbar [data-testid='x.mailbox']"));

async function look() {
  const response = await fetch(`${root()}/simulation/mails`);
  if (!response.ok) return;
  const { unread, newest } = await response.json();
  if (unread === undefined) return;
  count(unread);
  if (newest && isNew(newest.id) && unread > 0) tell(newest);
}

/** @param {number} unread */
function count(unread) {
  const link = envelope();
  let badge = link.querySelector(".unread");
  if (!badge) {
    badge = make("span", { class: "unread", "data-testid": "x.mailUnread" });
    link.append(badge);
  }
  badge.toggleAttribute("hidden", unread === 0);
  badge.replaceChildren(String(unread), make("span", { class: "visually-hidden" }, ` ${text("x.mailUnread")}`));
}

/** Whether it came since this browser last looked. @param {string} id */
function isNew(id) {
  const key = `wardenloop.mail:${root()}:${user()}`;
  try {
    const last = sessionStorage.getItem(key);
    sessionStorage.setItem(key, id);
    return last !== null && id > last;
  } catch {
    return false; // no storage: the envelope says enough
  }
}

/** @param {{id: string, subject: string}} mail */
function tell({ id, subject }) {
  const href = `${envelope().href}/messages/${id}`;
  toast({ kind: "success", title: text("x.mailCame"), body: subject, details: { href, label: text("x.mailOpen") } });
}
