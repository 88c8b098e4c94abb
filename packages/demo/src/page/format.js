// Numbers as people read them.

/** @param {number} ms */
export function duration(ms) {
  if (ms < 9.995) return `${ms.toFixed(2)} ms`;
  if (ms < 999.5) return `${ms.toFixed(0)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/**
 * A time that somebody has chosen, rather than measured.
 *
 * @param {number} ms
 */
export function chosen(ms) {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** @param {number} ms */
export function seconds(ms) {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
}

/** @param {number | undefined} ms */
export function ago(ms) {
  if (ms === undefined) return "never";
  return ms < 0.005 ? "just now" : `${duration(ms)} ago`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_950) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** @param {number} number */
export function count(number) {
  return number.toLocaleString("en");
}

/** @param {{ messages: number, bytes: number }} counts */
export function counts({ messages, bytes }) {
  return `${count(messages)} · ${size(bytes)}`;
}
