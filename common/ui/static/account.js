/**
 * Account cryptography of the browser: what the master password gives, and the keys of accounts and organizations.
 *
 * The twin of common/crypto/account.py, on WebCrypto. The master password and raw keys never leave this page.
 * Source: fidelity.md: account.crypto.
 */
import { argon2id } from "./argon2.js";

/**
 * Key derivation settings of an account. memory: MiB, Argon2id only. parallelism: lanes, Argon2id only.
 * @typedef {{type: number, iterations: number, memory?: ?number, parallelism?: ?number}} Kdf
 */

/**
 * What a registering client sends.
 * @typedef {{masterPasswordHash: string, protectedUserKey: string, publicKey: string, encryptedPrivateKey: string}}
 *   NewAccount
 */

/**
 * What a client sends when it creates an organization. key: type 4, the creator's copy of the organization key.
 * @typedef {{key: string, collectionName: string, publicKey: string, encryptedPrivateKey: string}} NewOrganization
 */

export const PBKDF2_SHA256 = 0;
export const ARGON2ID = 1;

/** @type {Kdf} The settings of new accounts. */
export const DEFAULT_KDF = { type: PBKDF2_SHA256, iterations: 600_000, memory: null, parallelism: null };

const SYMMETRIC_KEY_BYTES = 64;
const HALF_KEY_BYTES = 32;
const BLOCK_BYTES = 16;
/** SHA-1 is what every client speaks here; as an OAEP hash it is not broken. */
const RSA_OAEP_SHA1 = { name: "RSA-OAEP", hash: "SHA-1" };
const HMAC_SHA256 = { name: "HMAC", hash: "SHA-256" };

/** A wrapped value that is malformed, was tampered with, or belongs to another key. */
export class DecryptionFailed extends Error {
  textKey = "x.keyDoesNotOpen";
}

/** Browsers encrypt on https and localhost only. */
export class EncryptionUnavailable extends Error {
  textKey = "x.encryptionUnavailable";
}

function subtle() {
  if (!globalThis.crypto?.subtle) throw new EncryptionUnavailable("This page is no secure context.");
  return crypto.subtle;
}

// --- what the master password gives

/**
 * The form of an address that salts the master key and names the account.
 * @param {string} email
 */
export function normalisedEmail(email) {
  return email.trim().toLowerCase();
}

/**
 * The 32-byte master key.
 * @param {string} password as typed
 * @param {string} email
 * @param {Kdf} kdf
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function masterKey(password, email, kdf) {
  const salt = utf8(normalisedEmail(email));
  if (kdf.type === PBKDF2_SHA256) return pbkdf2(utf8(password), salt, kdf.iterations);
  const digest = await subtle().digest("SHA-256", salt);
  return argon2id(utf8(password), new Uint8Array(digest), kdf);
}

/**
 * The master password hash that is sent to a server: base64, 44 characters.
 * @param {Uint8Array} key the master key
 * @param {string} password
 */
export async function serverHash(key, password) {
  return toBase64(await pbkdf2(key, utf8(password), 1));
}

/**
 * Master key -> stretched key (64 bytes: encryption half, then MAC half).
 * @param {Uint8Array} key
 */
export async function stretch(key) {
  return joined(await expanded(key, "enc"), await expanded(key, "mac"));
}

async function pbkdf2(password, salt, iterations) {
  const secret = await subtle().importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const settings = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return new Uint8Array(await subtle().deriveBits(settings, secret, HALF_KEY_BYTES * 8));
}

/** HKDF-Expand alone, its first block: WebCrypto's HKDF would put an Extract in front of it. */
async function expanded(key, purpose) {
  const secret = await hmacKey(key, "sign");
  return new Uint8Array(await subtle().sign("HMAC", secret, joined(utf8(purpose), Uint8Array.of(1))));
}

// --- EncString type 2: AES-256-CBC, then HMAC-SHA256

/**
 * @param {Uint8Array} key 64 bytes
 * @param {Uint8Array<ArrayBuffer>} plaintext
 * @param {Uint8Array<ArrayBuffer>} [iv] for vectors only
 */
export async function encrypt(key, plaintext, iv = crypto.getRandomValues(new Uint8Array(BLOCK_BYTES))) {
  const aes = await aesKey(key, "encrypt");
  const ciphertext = new Uint8Array(await subtle().encrypt({ name: "AES-CBC", iv }, aes, plaintext));
  const mac = new Uint8Array(await subtle().sign("HMAC", await macKey(key, "sign"), joined(iv, ciphertext)));
  return `2.${[iv, ciphertext, mac].map(toBase64).join("|")}`;
}

/**
 * Rejects with DecryptionFailed; the MAC is checked (by `verify`, in constant time) before anything is decrypted.
 * @param {Uint8Array} key 64 bytes
 * @param {string} text
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function decrypt(key, text) {
  const [iv, ciphertext, mac] = partsOf(text, "2", 3);
  if (!(await subtle().verify("HMAC", await macKey(key, "verify"), mac, joined(iv, ciphertext)))) {
    throw new DecryptionFailed("The MAC does not match: wrong key or changed text.");
  }
  const aes = await aesKey(key, "decrypt");
  return opened(subtle().decrypt({ name: "AES-CBC", iv }, aes, ciphertext));
}

/**
 * A text under an organization key (names, notes).
 * @param {Uint8Array} key 64 bytes
 * @param {string} text
 */
export function encryptText(key, text) {
  return encrypt(key, utf8(text));
}

function aesKey(key, use) {
  requireSymmetricKey(key);
  return subtle().importKey("raw", key.slice(0, HALF_KEY_BYTES), "AES-CBC", false, [use]);
}

function macKey(key, use) {
  requireSymmetricKey(key);
  return hmacKey(key.slice(HALF_KEY_BYTES), use);
}

function hmacKey(key, use) {
  return subtle().importKey("raw", key, HMAC_SHA256, false, [use]);
}

function requireSymmetricKey(key) {
  if (key.length !== SYMMETRIC_KEY_BYTES) throw new RangeError(`A symmetric key has ${SYMMETRIC_KEY_BYTES} bytes.`);
}

// --- EncString type 4: RSA-OAEP-SHA1

/**
 * `key` for the owner of a public key.
 * @param {string} publicKey base64 SubjectPublicKeyInfo
 * @param {Uint8Array<ArrayBuffer>} key
 */
export async function wrapKey(publicKey, key) {
  const recipient = await subtle().importKey("spki", fromBase64(publicKey), RSA_OAEP_SHA1, false, ["encrypt"]);
  return `4.${toBase64(new Uint8Array(await subtle().encrypt("RSA-OAEP", recipient, key)))}`;
}

/**
 * Rejects with DecryptionFailed.
 * @param {CryptoKey} privateKey see `importPrivateKey`
 * @param {string} text
 * @returns {Promise<Uint8Array<ArrayBuffer>>}
 */
export async function unwrapKey(privateKey, text) {
  const [ciphertext] = partsOf(text, "4", 1);
  return opened(subtle().decrypt("RSA-OAEP", privateKey, ciphertext));
}

/**
 * A private key that can unwrap keys and that no script can read out.
 * @param {Uint8Array<ArrayBuffer>} pkcs8
 */
export function importPrivateKey(pkcs8) {
  return subtle().importKey("pkcs8", pkcs8, RSA_OAEP_SHA1, false, ["decrypt"]);
}

// --- accounts and organizations

/**
 * Rejects with DecryptionFailed for a master key of another password.
 * @param {Uint8Array} key the master key
 * @param {string} protectedUserKey type 2
 * @param {string} encryptedPrivateKey type 2
 * @returns {Promise<{privateKey: CryptoKey}>}
 */
export async function unlock(key, protectedUserKey, encryptedPrivateKey) {
  const userKey = await decrypt(await stretch(key), protectedUserKey);
  return { privateKey: await importPrivateKey(await decrypt(userKey, encryptedPrivateKey)) };
}

/**
 * The keys of a new account.
 * @param {Uint8Array} key the master key
 * @param {string} password
 * @returns {Promise<NewAccount>}
 */
export async function newAccount(key, password) {
  const userKey = newSymmetricKey();
  return {
    masterPasswordHash: await serverHash(key, password),
    protectedUserKey: await encrypt(await stretch(key), userKey),
    ...(await newKeyPair(userKey)),
  };
}

/**
 * The same user key under another master key. Rejects with DecryptionFailed for a master key of another password.
 * @param {Uint8Array} oldKey master key
 * @param {Uint8Array} newKey master key
 * @param {string} protectedUserKey type 2
 */
export async function rewrapUserKey(oldKey, newKey, protectedUserKey) {
  return encrypt(await stretch(newKey), await decrypt(await stretch(oldKey), protectedUserKey));
}

/**
 * The keys of a new organization.
 * @param {string} publicKey the creator's, base64 SubjectPublicKeyInfo
 * @param {string} collectionName
 * @returns {Promise<NewOrganization>}
 */
export async function newOrganization(publicKey, collectionName) {
  const organizationKey = newSymmetricKey();
  return {
    key: await wrapKey(publicKey, organizationKey),
    collectionName: await encryptText(organizationKey, collectionName),
    ...(await newKeyPair(organizationKey)),
  };
}

function newSymmetricKey() {
  return crypto.getRandomValues(new Uint8Array(SYMMETRIC_KEY_BYTES));
}

/** A fresh RSA-2048 pair, its private half encrypted under `key`. */
async function newKeyPair(key) {
  const settings = { ...RSA_OAEP_SHA1, modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
  const pair = await subtle().generateKey(settings, true, ["encrypt", "decrypt"]);
  const [spki, pkcs8] = await Promise.all([
    subtle().exportKey("spki", pair.publicKey),
    subtle().exportKey("pkcs8", pair.privateKey),
  ]);
  return {
    publicKey: toBase64(new Uint8Array(spki)),
    encryptedPrivateKey: await encrypt(key, new Uint8Array(pkcs8)),
  };
}

// --- bytes and texts

function partsOf(text, type, count) {
  const parts = text.slice(type.length + 1).split("|");
  if (!text.startsWith(`${type}.`) || parts.length !== count) {
    throw new DecryptionFailed(`Not an encrypted string of type ${type} with ${count} part(s).`);
  }
  try {
    return parts.map(fromBase64);
  } catch (error) {
    throw new DecryptionFailed("A part is not base64.", { cause: error });
  }
}

async function opened(decryption) {
  try {
    return new Uint8Array(await decryption);
  } catch (error) {
    throw new DecryptionFailed("It was not encrypted for this key.", { cause: error });
  }
}

function utf8(text) {
  return new TextEncoder().encode(text);
}

function joined(first, second) {
  const whole = new Uint8Array(first.length + second.length);
  whole.set(first);
  whole.set(second, first.length);
  return whole;
}

function toBase64(bytes) {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
