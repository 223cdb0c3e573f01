/**
 * Files (`[data-file]`): a button and a place to drop in front of the input, in the page's language. Of a license
 * (`data-file="license"`) also a look into it before it is sent: `.json`, at most 1 MB, JSON, of the expected
 * `LicenseType`; what is wrong is said as far as the file tells.
 * Source: fidelity.md: pages.shell.
 */
import { day, text } from "./texts.js";
import { clearProblems, markInput } from "./validation.js";

const MOST_BYTES = 1024 * 1024;

export function startFiles() {
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest("[data-file] [data-file-look] button");
    if (button) inputOf(button).click();
  });
  document.addEventListener("change", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.matches("[data-file] input[type=file]")) look(/** @type {HTMLInputElement} */ (target));
  });
  for (const name of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(/** @type {"drop"} */ (name), onDrag);
  }
}

/** @returns {HTMLInputElement} */
const inputOf = (element) => element.closest("[data-file]").querySelector("input[type=file]");

/** @param {DragEvent} event */
function onDrag(event) {
  const zone = event.target instanceof Element ? event.target.closest("[data-file]") : null;
  if (!zone) return;
  event.preventDefault();
  zone.classList.toggle("file-over", event.type === "dragenter" || event.type === "dragover");
  if (event.type === "drop" && event.dataTransfer.files.length > 0) {
    const input = inputOf(zone);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

/** Show the name, check, and preview. @param {HTMLInputElement} input */
async function look(input) {
  const zone = /** @type {HTMLElement} */ (input.closest("[data-file]"));
  const file = input.files[0];
  zone.querySelector("[data-file-name]").textContent = Array.from(input.files, (each) => each.name).join(", ");
  zone.querySelector("[data-file-none]").hidden = Boolean(file);
  if (zone.dataset.file === "any") return;
  const { license, problem } = file ? await read(file, zone.dataset.licenseType) : { license: null, problem: "" };
  if (file !== input.files[0]) return; // another one was chosen meanwhile
  input.setCustomValidity(problem && text(problem));
  if (input.form) clearProblems(input.form);
  if (problem) markInput(input, input.validationMessage);
  preview(zone, problem ? null : license);
}

const USER = "0";
const KNOWN = ["LicenseKey", "InstallationId", "Signature", "Hash", "Token", "Issued", "LicenseType"];

/**
 * What the file holds, or the key of the text that says what it is instead.
 * @param {File} file @param {string | undefined} type
 * @returns {Promise<{license: Record<string, unknown> | null, problem: string}>}
 */
async function read(file, type) {
  if (!file.name.toLowerCase().endsWith(".json") || file.size > MOST_BYTES) return { license: null, problem: "x.notJson" };
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes.includes(0)) return { license: null, problem: "x.fileIsUtf16" };
  const content = new TextDecoder().decode(bytes).trim();
  let license;
  try {
    license = JSON.parse(content);
  } catch {
    const isCut = content.startsWith("{") && !content.endsWith("}");
    return { license: null, problem: isCut ? "x.fileIsCut" : "x.notJson" };
  }
  return { license, problem: problemOf(license, type) };
}

/** Old licenses have no `LicenseType`: the server decides about those. */
function problemOf(license, type) {
  if (license === null || typeof license !== "object" || Array.isArray(license)) return "x.notJson";
  if (!KNOWN.some((name) => member(license, name) !== null)) return "x.fileIsOtherJson";
  const found = member(license, "LicenseType");
  if (type === undefined || found === null || String(found) === type) return "";
  return String(found) === USER ? "x.fileIsPremium" : "x.fileIsOrganization";
}

/** The web vault saves licenses with members in camel case, servers keep them in Pascal case. */
function member(license, name) {
  return license[name] ?? license[name[0].toLowerCase() + name.slice(1)] ?? null;
}

function preview(zone, license) {
  const target = zone.dataset.preview && document.getElementById(zone.dataset.preview);
  if (!target) return;
  target.hidden = license === null;
  if (license === null) return;
  for (const field of target.querySelectorAll("[data-license-field]")) {
    const value = shown(field.dataset.licenseField, license, zone.dataset.installationId);
    field.textContent = JSON.parse(field.dataset.words ?? "{}")[value] ?? value;
  }
}

function shown(name, license, installationId) {
  const value = member(license, name);
  if (value === null) return "–";
  if (name === "Expires") return day(String(value));
  if (name !== "InstallationId" || !installationId) return String(value);
  const isOwn = String(value).toLowerCase() === installationId.toLowerCase();
  return isOwn ? text("x.sameInstallation", { id: String(value) }) : text("x.otherInstallation", { id: String(value) });
}
