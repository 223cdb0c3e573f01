/** Links in mails are made for upstream's web vault: `/#/path` and `/redirect-connector.html#path` mean the page at /path. */
import { root } from "./enhance.js";

export function followHash() {
  lead();
  window.addEventListener("hashchange", lead);
}

function lead() {
  const target = targetOf(window.location.pathname, window.location.hash);
  if (target) window.location.replace(root() + target);
}

/** @param {string} path @param {string} hash @returns {string|null} a path below our root, never another host */
function targetOf(path, hash) {
  const isConnector = path.endsWith("/redirect-connector.html") && hash.length > 1;
  if (!isConnector && !hash.startsWith("#/")) return null;
  return `/${hash.slice(1).replace(/^[/\\]+/, "")}`;
}
