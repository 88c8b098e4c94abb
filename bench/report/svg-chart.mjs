// Bar charts as SVG, written by hand: panels of horizontal bars, each panel with a scale of its own.

const width = 760;
const labelWidth = 230;
const valueWidth = 100;
const barHeight = 16;
const barGap = 6;
const titleHeight = 30;
const panelGap = 18;
const margin = 20;

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .heading { font-size: 15px; font-weight: 600; }
  .title { font-weight: 600; }
  .value { fill: #57606a; }
  .peer { fill: #8c959f; }
  .limit { fill: #d0d7de; }
  .ours { fill: #1f7a5c; }
  .range { stroke: #24292f; stroke-width: 1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .value { fill: #9198a1; }
    .peer { fill: #6e7681; }
    .limit { fill: #3d444d; }
    .ours { fill: #3fb68b; }
    .range { stroke: #e6edf3; }
  }`;

/**
 * @param {string} heading
 * @param {{ title: string, bars: { label: string, role: string, value: number, low?: number, high?: number, text: string }[] }[]} panels
 */
export function barChart(heading, panels) {
  const parts = [];
  let y = margin + 18;
  parts.push(`<text class="heading" x="${margin}" y="${y}">${escapeText(heading)}</text>`);
  y += 16;
  for (const { title, bars } of panels) {
    y += panelGap;
    parts.push(`<text class="title" x="${margin}" y="${y}">${escapeText(title)}</text>`);
    y += titleHeight - 18;
    const scale =
      (width - 2 * margin - labelWidth - valueWidth) / Math.max(...bars.map((bar) => bar.high ?? bar.value));
    for (const bar of bars) {
      parts.push(drawBar(bar, y, scale));
      y += barHeight + barGap;
    }
  }
  const height = y + margin;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(heading)}">` +
    `<style>${style}</style>\n${parts.join("\n")}\n</svg>\n`
  );
}

function drawBar({ label, role, value, low, high, text }, y, scale) {
  const left = margin + labelWidth;
  const middle = y + barHeight / 2;
  const end = left + Math.max(1, value * scale);
  const range =
    low === undefined || high === undefined
      ? ""
      : `<line class="range" x1="${round(left + low * scale)}" x2="${round(left + high * scale)}" y1="${middle}" y2="${middle}"/>`;
  const textAt = Math.max(end, high === undefined ? 0 : left + high * scale) + 6;
  return (
    `<text x="${left - 8}" y="${middle + 4}" text-anchor="end">${escapeText(label)}</text>` +
    `<rect class="${role}" x="${left}" y="${y}" width="${round(end - left)}" height="${barHeight}" rx="2"/>${range}` +
    `<text class="value" x="${round(textAt)}" y="${middle + 4}">${escapeText(text)}</text>`
  );
}

const round = (value) => Math.round(value * 10) / 10;

function escapeText(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
