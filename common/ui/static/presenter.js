/**
 * Presenter mode: larger type, and nothing on the screen that only technicians need. One cookie that all servers of the
 * stack see (cookies ignore ports), read by theme.js before the first paint. Switched by a button, or by Shift+P.
 */
import { onEnhance } from "./enhance.js";

const A_YEAR = 31_536_000; // s
const TYPES = "input, textarea, select, [contenteditable]";
const page = document.documentElement;

export function startPresenter() {
  document.addEventListener("click", (event) => {
    if (/** @type {Element} */ (event.target).closest("[data-presenter-switch]")) change();
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = /** @type {Element} */ (event.target).closest?.(TYPES);
    if (event.shiftKey && event.key === "P" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping) change();
  });
  onEnhance(show);
}

function change() {
  if (page.dataset.presenter) delete page.dataset.presenter;
  else page.dataset.presenter = "on";
  document.cookie = `wardenloop_presenter=${page.dataset.presenter ?? "off"}; path=/; max-age=${A_YEAR}; samesite=lax`;
  show();
}

function show() {
  const isOn = page.dataset.presenter === "on";
  for (const button of document.querySelectorAll("[data-presenter-switch]")) button.setAttribute("aria-pressed", String(isOn));
}
