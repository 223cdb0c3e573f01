/** `[data-total-of=input][data-price][data-included][data-text]`: what so many seats cost, told while the number is typed. */

export function startTotals() {
  document.addEventListener("input", (event) => {
    const input = /** @type {HTMLInputElement} */ (event.target);
    if (!input.id) return;
    const wanted = `[data-total-of="${CSS.escape(input.id)}"]`;
    for (const total of (input.form ?? document).querySelectorAll(wanted)) tell(/** @type {HTMLElement} */ (total), input);
  });
}

/** @param {HTMLElement} total @param {HTMLInputElement} input */
function tell(total, input) {
  const { price, included, text } = total.dataset;
  const seats = Math.max(input.valueAsNumber - Number(included), 0);
  if (!Number.isSafeInteger(seats)) return;
  const dollars = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "USD" });
  total.textContent = text.replace("{seats}", String(seats)).replace("{sum}", dollars.format(seats * Number(price)));
}
