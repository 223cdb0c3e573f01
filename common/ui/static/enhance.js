/** What has to be done once to every piece of page that comes in, and a few ways to make elements. */

/** @type {((root: ParentNode) => void)[]} */
const steps = [];

/** @param {(root: ParentNode) => void} step run on the document and on everything that is swapped in later */
export function onEnhance(step) {
  steps.push(step);
}

/** @param {ParentNode} root */
export function enhance(root) {
  for (const step of steps) step(root);
}

/**
 * An element with properties, attributes (names with a dash, `role`, `lang`, `class`) and children.
 * @param {string} tag
 * @param {Record<string, string|boolean|EventListener|undefined>} [properties]
 * @param {...(Node|string|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => typeof child === "string" || child instanceof Node));
  return element;
}

/** @param {string} name of a symbol in icons.svg */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** The app's path prefix: `""` or `/us`. */
export function root() {
  return document.body.dataset.root ?? "";
}

/** The id of whoever is signed in, or `""`. */
export function user() {
  return document.body.dataset.user ?? "";
}

/** @param {string} html */
export const parsePage = (html) => new DOMParser().parseFromString(html, "text/html");
