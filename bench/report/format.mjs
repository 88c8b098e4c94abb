// Numbers and tables for people.

/** Three significant digits, without exponents. */
export function figure(value) {
  if (value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 100) return Math.round(value).toLocaleString("en-GB").replaceAll(",", " ");
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

export function percent(share) {
  return share === undefined ? "–" : `${Math.round(share * 100)} %`;
}

/** A Markdown table whose columns also line up as plain text; all columns but the first to the right. */
export function table(head, rows) {
  const widths = head.map((title, column) => Math.max(3, ...[title, ...rows.map((row) => row[column])].map(width)));
  const line = (cells) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(" | ")} |`;
  const rule = widths.map((columns, at) => (at === 0 ? "-".repeat(columns) : `${"-".repeat(columns - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

const width = (text) => [...text].length;
