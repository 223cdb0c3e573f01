/**
 * Notes of an organization, made readable where the account is unlocked in this browser; elsewhere the page says that they
 * are encrypted.
 */
import { decrypt, unwrapKey } from "./account.js";
import { onEnhance } from "./enhance.js";
import { recall } from "./keys.js";

export function startNotes() {
  onEnhance((root) => {
    for (const list of root.querySelectorAll("[data-encrypted-notes]")) show(list);
  });
}

/** @param {HTMLElement} list [data-user-id][data-organization-key], with [data-encrypted] in it */
async function show(list) {
  try {
    const notes = [...list.querySelectorAll("[data-encrypted]")];
    const unlocked = notes.length > 0 && (await recall(list.dataset.userId));
    if (!unlocked) return;
    const key = await unwrapKey(unlocked.privateKey, list.dataset.organizationKey);
    await Promise.all(notes.map((note) => reveal(note, key)));
  } catch (error) {
    console.warn(error);
  }
}

/** @param {HTMLElement} note @param {Uint8Array} key */
async function reveal(note, key) {
  const text = new TextDecoder().decode(await decrypt(key, note.dataset.encrypted));
  note.textContent = text;
}
