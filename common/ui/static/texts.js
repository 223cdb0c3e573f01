/** The texts that scripts show, in the language of the page (`<meta name="texts">`, filled from script_texts.py). */

/**
 * @param {string} key
 * @param {Record<string, string|number>} [values] placeholders
 * @returns {string}
 */
export function text(key, values = {}) {
  const meta = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="texts"]'));
  const found = JSON.parse(meta.content)[key];
  if (found === undefined) throw new Error(`script_texts.py lacks ${key}`);
  return found.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/**
 * The language of a text that may be a literal one of the server, for `lang`.
 * @param {string} value
 * @returns {string|undefined}
 */
export function languageOfWire(value) {
  const isLatin = !/[^\u0000-\u024f\u2000-\u206f]/.test(value);
  return isLatin && document.documentElement.lang !== "en" ? "en" : undefined;
}

/** As `t.date` writes it. @param {string} iso */
export function day(iso) {
  const moment = new Date(/(Z|[+-]\d\d:\d\d)$/.test(iso) ? iso : `${iso}Z`);
  if (Number.isNaN(moment.getTime())) return iso;
  if (document.documentElement.lang.startsWith("zh")) return moment.toISOString().slice(0, 10);
  return moment.toLocaleDateString("en-US", { month: "short", day: "numeric", year: "numeric", timeZone: "UTC" });
}
