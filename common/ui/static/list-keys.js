/**
 * Keys of a list (`data-keys` = the test id of its rows): j and k go to the next and the one before, Enter opens, / goes to
 * the search, l, s and e to a part of the inspector, p stops and begins the refreshing again. Not while something is typed, nor in a dialog.
 */

document.addEventListener("keydown", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.altKey || event.metaKey || target.closest("input, select, textarea, dialog")) return;
  const list = /** @type {HTMLElement|null} */ (document.querySelector("[data-keys]"));
  const does = list && { j: () => step(list, 1), k: () => step(list, -1), "/": search, p: pause, l: jump("licence"), s: jump("sponsorships"), e: jump("exchanges") }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
});

/** @param {HTMLElement} list @param {number} by */
function step(list, by) {
  const links = /** @type {HTMLElement[]} */ ([...list.querySelectorAll(`[data-testid="${list.dataset.keys}"] a:not(.chip)`)]);
  if (links.length === 0) return;
  const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  links[Math.min(links.length - 1, Math.max(0, at < 0 ? 0 : at + by))].focus();
}

/** @param {string} id @returns {() => void} */
const jump = (id) => () => document.getElementById(id)?.scrollIntoView();

function search() {
  /** @type {HTMLElement|null} */ (document.querySelector("#text"))?.focus();
}

function pause() {
  /** @type {HTMLElement|null} */ (document.querySelector("[data-pause]"))?.click();
}
