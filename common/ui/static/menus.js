/** Small menus (`details.menu`): Down opens, arrows move, Esc and a click elsewhere close, one open at a time. */

export function startMenus() {
  document.addEventListener("click", (event) => closeAllBut(menuOf(event.target), event.target));
  document.addEventListener("keydown", onKey);
}

/** @param {EventTarget} target @returns {HTMLDetailsElement|null} */
const menuOf = (target) => (target instanceof Element ? target.closest("details.menu") : null);

function closeAllBut(menu, target) {
  for (const open of document.querySelectorAll("details.menu[open]")) {
    if (open !== menu || target.closest(".menu-panel a, .menu-panel button")) open.open = false;
  }
}

/** @param {KeyboardEvent} event */
function onKey(event) {
  const menu = menuOf(event.target);
  if (menu === null) return;
  if (event.key === "Escape" && menu.open) {
    event.preventDefault();
    close(menu);
  }
  if (["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) {
    event.preventDefault();
    menu.open = true;
    move(menu, event.key);
  }
}

function close(menu) {
  menu.open = false;
  menu.querySelector("summary").focus();
}

function move(menu, key) {
  const items = [...menu.querySelectorAll(".menu-panel :is(a, button)")];
  if (items.length === 0) return;
  const at = items.indexOf(document.activeElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? items.length - 1 : at - 1, Home: 0, End: items.length - 1 }[key];
  items[(next + items.length) % items.length].focus();
}
