/**
 * What the browser remembers of an unlocked account: keys that can be used and that no script can read out.
 *
 * IndexedDB, one database per app (they may share an origin below different prefixes), one account at a time.
 */

/** @typedef {{privateKey: CryptoKey}} Unlocked */

const STORE = "unlocked";

/**
 * Also forgets whoever was remembered before.
 * @param {string} userId
 * @param {Unlocked} unlocked
 */
export async function remember(userId, unlocked) {
  await inStore("readwrite", (store) => {
    store.clear();
    return store.put(unlocked, userId);
  });
}

/**
 * @param {string} userId
 * @returns {Promise<Unlocked | undefined>} undefined when this account is not unlocked here
 */
export function recall(userId) {
  return inStore("readonly", (store) => store.get(userId));
}

/** Logged out. */
export async function forget() {
  await inStore("readwrite", (store) => store.clear());
}

/** Run one transaction; the result of the request that `work` returns, once all of it is kept. */
async function inStore(mode, work) {
  const database = await opened();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode);
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

function opened() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(`wardenloop${document.body.dataset.root ?? ""}`, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
