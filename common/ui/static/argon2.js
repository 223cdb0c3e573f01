/**
 * Argon2id, which WebCrypto does not have: `@noble/hashes` does it, brought by .ci/web-packages when npm is there.
 */

const KIB_PER_MIB = 1024;
const KEY_BYTES = 32;

/** The set-up could not bring `@noble/hashes`. */
export class Argon2Unavailable extends Error {
  textKey = "x.argon2Unavailable";
}

/**
 * Takes seconds at the usual settings; lets the page paint in between.
 * @param {Uint8Array} password
 * @param {Uint8Array} salt
 * @param {import("./account.js").Kdf} kdf
 * @returns {Promise<Uint8Array<ArrayBuffer>>} 32 bytes
 */
export async function argon2id(password, salt, { iterations, memory, parallelism }) {
  const { argon2idAsync } = await installed();
  return argon2idAsync(password, salt, { t: iterations, m: memory * KIB_PER_MIB, p: parallelism, dkLen: KEY_BYTES });
}

async function installed() {
  try {
    return await import("./vendor/noble-hashes/argon2.js");
  } catch (error) {
    throw new Argon2Unavailable("@noble/hashes is not served here.", { cause: error });
  }
}
