/**
 * What a server tells by itself: one stream a server and browser, whatever the number of tabs. A shared worker holds it, so
 * that it ends with the last tab; where there is none, each tab holds its own. A server that restarts is found again.
 */

const AGAIN = 2_000; // ms, twice as long each time
const AT_MOST = 60_000; // ms
const NAME = "wardenloop events";

/** @type {Map<string, ((state: any) => void)[]>} */
const listeners = new Map();

/**
 * Be told the state now and each time it changes. One listener per page and address hears whatever was said last, too.
 * @param {string} address of the stream @param {(state: any) => void} listener
 */
export function onState(address, listener) {
  const known = listeners.get(address);
  if (known) {
    known.push(listener);
    return;
  }
  listeners.set(address, [listener]);
  const tell = (state) => listeners.get(address).forEach((each) => each(state));
  if (typeof SharedWorker === "function") follow(address, tell);
  else listen(address, tell);
}

function follow(address, tell) {
  const worker = new SharedWorker(import.meta.url, { name: NAME, type: "module" });
  worker.port.onmessage = ({ data }) => data.address === address && tell(data.state);
  worker.port.postMessage(address);
}

/** @param {string} address @param {(state: any) => void} tell */
function listen(address, tell, patience = AGAIN) {
  const source = new EventSource(address);
  source.addEventListener("open", () => (patience = AGAIN));
  source.addEventListener("state", (event) => tell(JSON.parse(event.data)));
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return; // lost: the browser tries again by itself
    setTimeout(() => listen(address, tell, Math.min(AT_MOST, 2 * patience)), patience);
  });
}

// --- in the worker

if (typeof document === "undefined") {
  /** @type {Map<string, {ports: MessagePort[], last?: any}>} */
  const streams = new Map();
  /** @type {any} */ (self).onconnect = ({ ports: [port] }) => {
    port.onmessage = ({ data: address }) => {
      const known = streams.get(address);
      if (known) {
        known.ports.push(port);
        if (known.last !== undefined) port.postMessage({ address, state: known.last });
        return;
      }
      const stream = { ports: [port], last: undefined };
      streams.set(address, stream);
      listen(address, (state) => {
        stream.last = state;
        for (const each of stream.ports) each.postMessage({ address, state });
      });
    };
  };
}
