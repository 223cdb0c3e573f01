/**
 * What forms need before they are sent: `data-prepare` names the preparer that fills hidden inputs.
 *
 * It reads the master password from inputs that have no name, so that no form can ever send it. What a person has to be
 * told is thrown as an Error with a `textKey`, and with the `input` it is about, if any.
 */
import {
  ARGON2ID,
  DEFAULT_KDF,
  DecryptionFailed,
  encryptText,
  masterKey,
  newAccount,
  newOrganization,
  normalisedEmail,
  rewrapUserKey,
  serverHash,
  unlock,
  unwrapKey,
  wrapKey,
} from "./account.js";
import { onEnhance } from "./enhance.js";
import { forget, recall, remember } from "./keys.js";

const LEAST_PASSWORD_LENGTH = 12;
const LONGEST_NOTES = 512; // characters of the encrypted string

/**
 * What a client still believes of a server at login; less could be somebody who wants the password cheaply.
 * Source: fidelity.md: account.kdf.
 */
const LEAST_PBKDF2 = 5_000;
const LEAST_ARGON2 = { iterations: 2, memory: 16, parallelism: 1 };

/** A form that cannot be sent as it is. */
class Unprepared extends Error {
  /** @param {HTMLInputElement} [input] what has to be changed */
  constructor(input) {
    super();
    this.name = this.constructor.name;
    this.input = input;
  }
}

export class PasswordTooShort extends Unprepared {
  textKey = "x.passwordTooShort";
}

export class PasswordsDiffer extends Unprepared {
  textKey = "x.passwordsDiffer";
}

export class WrongMasterPassword extends Unprepared {
  textKey = "x.wrongMasterPassword";
}

/** The account is not unlocked in this browser: its master password is asked for. */
export class UnlockNeeded extends Unprepared {
  textKey = "x.unlockNeeded";
}

export class KdfTooWeak extends Unprepared {
  textKey = "x.kdfTooWeak";
}

export class PreloginRefused extends Unprepared {
  textKey = "x.preloginRefused";
  isOfServer = true;
}

export class NotesTooLong extends Unprepared {
  textKey = "x.notesTooLong";
}

/**
 * Master keys of forms that were sent, until their answer says whose they are.
 * @type {WeakMap<HTMLFormElement, Uint8Array>}
 */
const masterKeys = new WeakMap();

const PREPARERS = {
  login,
  register,
  proof,
  password,
  organization,
  "confirm-member": confirmMember,
  notes,
  logout: forget,
};

/** Whoever is not unlocked in this browser sees at once that the master password is wanted. */
export function startUnlocking() {
  onEnhance((part) => {
    for (const form of part.querySelectorAll("form[data-user-id]:has([data-unlock])")) showUnlock(form);
  });
}

/** @param {HTMLFormElement} form */
async function showUnlock(form) {
  const unlocked = await recall(form.dataset.userId).catch(() => undefined);
  if (!unlocked) form.querySelector("[data-unlock]").hidden = false;
}

/**
 * Fill what the form's preparer fills; nothing for a form without one.
 * @param {HTMLFormElement} form
 * @returns {Promise<void>}
 */
export async function prepare(form) {
  const name = form.dataset.prepare;
  if (name !== undefined) await PREPARERS[name](form);
}

/**
 * Remember the keys that a login or registration brought: `{"location", "keys": {"userId", "key", "privateKey"}}`.
 * @param {HTMLFormElement} form
 * @param {{location?: string, keys?: ?{userId: string, key: string, privateKey: string}}} answer
 * @returns {Promise<void>}
 */
export async function afterAnswer(form, answer) {
  const key = masterKeys.get(form);
  if (key === undefined || answer.location === undefined) return;
  masterKeys.delete(form);
  try {
    await forget();
    if (answer.keys) await remember(answer.keys.userId, await unlock(key, answer.keys.key, answer.keys.privateKey));
  } catch (error) {
    console.warn(error); // signed in all the same, and asked for the password where a key is needed
  }
}

// --- preparers

/** #email, #master-password -> masterPasswordHash */
async function login(form) {
  const email = form.querySelector("#email").value;
  const password = form.querySelector("#master-password").value;
  const key = await masterKey(password, email, await prelogin(email));
  masterKeys.set(form, key);
  fill(form, { masterPasswordHash: await serverHash(key, password) });
}

/** input[name=email], #master-password, #confirm-master-password -> everything that `register/finish` wants */
async function register(form) {
  const password = chosenPassword(form);
  const key = await masterKey(password, form.querySelector("input[name=email]").value, DEFAULT_KDF);
  const account = await newAccount(key, password);
  masterKeys.set(form, key);
  fill(form, {
    masterPasswordHash: account.masterPasswordHash,
    kdf: DEFAULT_KDF.type,
    kdfIterations: DEFAULT_KDF.iterations,
    kdfMemory: DEFAULT_KDF.memory,
    kdfParallelism: DEFAULT_KDF.parallelism,
    userSymmetricKey: account.protectedUserKey,
    userAsymmetricPublicKey: account.publicKey,
    userAsymmetricEncryptedPrivateKey: account.encryptedPrivateKey,
  });
}

/** form[data-email][data-kdf] and an unnamed password input -> masterPasswordHash */
async function proof(form) {
  const password = passwordInput(form).value;
  fill(form, { masterPasswordHash: await serverHash(await ownMasterKey(form, password), password) });
}

/** form[data-email][data-kdf][data-user-key], #current-master-password and a new one twice -> both hashes, key */
async function password(form) {
  const current = form.querySelector("#current-master-password");
  const chosen = chosenPassword(form);
  const [oldKey, newKey] = await Promise.all([current.value, chosen].map((each) => ownMasterKey(form, each)));
  fill(form, {
    masterPasswordHash: await serverHash(oldKey, current.value),
    newMasterPasswordHash: await serverHash(newKey, chosen),
    key: await opening(current, () => rewrapUserKey(oldKey, newKey, form.dataset.userKey)),
  });
}

/** form[data-public-key][data-collection-name] -> key, collectionName, publicKey, encryptedPrivateKey */
async function organization(form) {
  fill(form, await newOrganization(form.dataset.publicKey, form.dataset.collectionName));
}

/** form[data-organization-key][data-member-public-key] and what `organizationKey` needs -> key */
async function confirmMember(form) {
  fill(form, { key: await wrapKey(form.dataset.memberPublicKey, await organizationKey(form)) });
}

/** #notes and what `organizationKey` needs -> notes, encrypted; empty stays empty */
async function notes(form) {
  const input = form.querySelector("#notes");
  const text = input.value.trim();
  const encrypted = text && (await encryptText(await organizationKey(form), text));
  if (encrypted.length > LONGEST_NOTES) throw new NotesTooLong(input);
  fill(form, { notes: encrypted });
}

// --- what preparers need

/**
 * The key in form[data-organization-key], opened by what is remembered of form[data-user-id], else by the master
 * password in [data-unlock], which is shown then (form[data-email][data-kdf][data-user-key][data-user-private-key]).
 */
async function organizationKey(form) {
  const { privateKey } = (await recall(form.dataset.userId)) ?? (await unlockedByPassword(form));
  return unwrapKey(privateKey, form.dataset.organizationKey);
}

async function unlockedByPassword(form) {
  const part = form.querySelector("[data-unlock]");
  const input = passwordInput(part);
  if (part.hidden || input.value === "") {
    part.hidden = false;
    throw new UnlockNeeded(input);
  }
  const key = await ownMasterKey(form, input.value);
  const { userKey, userPrivateKey } = form.dataset;
  const unlocked = await opening(input, () => unlock(key, userKey, userPrivateKey));
  await remember(form.dataset.userId, unlocked);
  return unlocked;
}

/** What `open` gives; a key that does not open was made of another password than the one in `input`. */
async function opening(input, open) {
  try {
    return await open();
  } catch (error) {
    throw error instanceof DecryptionFailed ? new WrongMasterPassword(input) : error;
  }
}

function ownMasterKey(form, password) {
  return masterKey(password, form.dataset.email, JSON.parse(form.dataset.kdf));
}

/** How the server says the keys of this address are derived. @returns {Promise<import("./account.js").Kdf>} */
async function prelogin(email) {
  const answer = await fetch(`${document.body.dataset.root ?? ""}/identity/accounts/prelogin/password`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: normalisedEmail(email) }),
  });
  if (!answer.ok) throw new PreloginRefused();
  const { kdf, kdfIterations, kdfMemory, kdfParallelism } = await answer.json();
  const settings = { type: kdf, iterations: kdfIterations, memory: kdfMemory, parallelism: kdfParallelism };
  if (isTooWeak(settings)) throw new KdfTooWeak();
  return settings;
}

function isTooWeak(kdf) {
  if (kdf.type !== ARGON2ID) return kdf.iterations < LEAST_PBKDF2;
  return Object.entries(LEAST_ARGON2).some(([name, least]) => kdf[name] < least);
}

function chosenPassword(form) {
  const [input, again] = ["#master-password", "#confirm-master-password"].map((id) => form.querySelector(id));
  if (input.value.length < LEAST_PASSWORD_LENGTH) throw new PasswordTooShort(input);
  if (input.value !== again.value) throw new PasswordsDiffer(again);
  return input.value;
}

/** The unnamed password input in there, shown in clear or not. */
function passwordInput(element) {
  return element.querySelector(':is(input[type="password"], input[autocomplete="current-password"]):not([name])');
}

function fill(form, values) {
  for (const [name, value] of Object.entries(values)) hiddenInput(form, name).value = value ?? "";
}

function hiddenInput(form, name) {
  const found = form.querySelector(`input[type="hidden"][name="${name}"]`);
  if (found) return found;
  const made = Object.assign(document.createElement("input"), { type: "hidden", name });
  form.append(made);
  return made;
}
