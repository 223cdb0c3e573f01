/** The time line can be dragged, with the mouse and with the arrow keys: the day that is chosen is looked at before time moves. */

import { day as shown } from "./texts.js";

const DAY = 86_400_000; // ms

const slider = /** @type {HTMLInputElement|null} */ (document.getElementById("time-drag"));
const link = () => /** @type {HTMLAnchorElement} */ (document.querySelector("[data-testid='x.timeLook']"));
const isAhead = () => Number(slider.value) > Number(slider.dataset.today);

/** No day before today: time goes forward. */
function choose() {
  if (!isAhead()) slider.value = slider.dataset.today;
  const moment = new Date(Date.parse(slider.dataset.begin) + Number(slider.value) * DAY).toISOString();
  const day = moment.slice(0, 10);
  document.querySelector("[data-drag-day]").textContent = shown(moment);
  slider.setAttribute("aria-valuetext", shown(moment));
  link().href = isAhead() ? `/simulation?step=to&day=${day}` : "/simulation";
  const wanted = document.querySelector(".time-line .wanted");
  const at = (100 * Number(slider.value)) / Number(slider.max);
  for (const end of ["x1", "x2"]) wanted.setAttribute(end, String(at));
}

function look() {
  if (isAhead()) link().click();
}

if (slider) {
  slider.addEventListener("input", choose);
  slider.addEventListener("pointerup", look);
  slider.addEventListener("keydown", (event) => event.key === "Enter" && look());
  choose();
}
