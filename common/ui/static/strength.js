/** How hard a new master password is to guess, roughly, told while it is typed: `[data-strength="id of the input"]`. Spec A3. */

const LEAST_LENGTH = 12;
const GOOD_BITS = 60;
const STRONG_BITS = 80;

/** Kinds of characters and how many of each there are to choose from. @type {[RegExp, number][]} */
const KINDS = [
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[0-9]/, 10],
  [/[^a-zA-Z0-9]/, 33],
];

export function startStrength() {
  document.addEventListener("input", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    const panel = input.id && document.querySelector(`[data-strength="${CSS.escape(input.id)}"]`);
    if (panel) show(panel, input.value);
  });
}

/** @param {HTMLElement} panel a meter, and a word for each level */
function show(panel, password) {
  const level = levelOf(password);
  panel.hidden = password === "";
  panel.querySelector("meter").value = level;
  for (const word of panel.querySelectorAll("[data-level]")) word.hidden = word.dataset.level !== String(level);
}

/** @param {string} password @returns {1|2|3} weak, good, strong */
function levelOf(password) {
  const choices = KINDS.reduce((sum, [kind, size]) => sum + (kind.test(password) ? size : 0), 0);
  const counting = Math.min(password.length, 2 * new Set(password).size); // repeating adds little
  const bits = counting * Math.log2(choices || 1);
  if (password.length < LEAST_LENGTH || bits < GOOD_BITS) return 1;
  return bits < STRONG_BITS ? 2 : 3;
}
