/** `#show=NAME,NAME`: the start page leads to a control; the first of these that is on the page is scrolled to and marked. */

export function startShowing() {
  window.addEventListener("hashchange", show);
  show();
}

function show() {
  const names = new URLSearchParams(window.location.hash.slice(1)).get("show")?.split(",") ?? [];
  const found = names.map((name) => document.querySelector(`#content [data-testid="${CSS.escape(name)}"]`)).find(Boolean);
  if (!found) return;
  for (let part = found.closest("details"); part; part = part.parentElement?.closest("details")) part.open = true;
  const marked = /** @type {HTMLElement} */ (found.matches("input[type=radio], input[type=checkbox]") ? found.parentElement : found);
  marked.classList.add("shown-control");
  marked.scrollIntoView({ block: "center" });
  /** @type {HTMLElement} */ (found).focus({ preventScroll: true });
  const end = () => marked.classList.remove("shown-control");
  marked.addEventListener("click", end, { once: true });
}
