/** `#show=NAME,NAME`: the start page leads to a control; the first of these that can be seen is scrolled to and marked. */

export function startShowing() {
  window.addEventListener("hashchange", show);
  show();
}

function show() {
  const names = new URLSearchParams(window.location.hash.slice(1)).get("show")?.split(",") ?? [];
  const controls = names.flatMap((name) => [...document.querySelectorAll(`#content [data-testid="${CSS.escape(name)}"]`)]);
  for (const control of controls) for (let part = control.closest("details"); part; part = part.parentElement?.closest("details")) part.open = true;
  const found = controls.find((control) => marks(control).checkVisibility());
  if (found) mark(/** @type {HTMLElement} */ (found), controls[0]);
}

/** What of a control is marked. @param {Element} control @returns {HTMLElement} */
const marks = (control) =>
  /** @type {HTMLElement} */ (control.matches("input[type=radio], input[type=checkbox]") ? control.parentElement : control);

/** Until it is pressed; what is pressed after it may come to sight then. @param {HTMLElement} control @param {Element} last */
function mark(control, last) {
  const marked = marks(control);
  marked.classList.add("shown-control");
  marked.scrollIntoView({ block: "center" });
  control.focus({ preventScroll: true });
  const end = () => {
    marked.classList.remove("shown-control");
    if (control !== last) setTimeout(show); // after the press has done its work
  };
  marked.addEventListener("click", end, { once: true });
}
