import { atConcurrency, compareVariants, cpu, rate, type Results } from "./goals/results";
import { caseName, type VariantName } from "./types";

const BARS: readonly [variant: VariantName, title: string, colour: string][] = [
  ["core", "core http request → json", "#b3564b"],
  ["limit", "bare undici.request", "#8a8f98"],
  ["node", "omada-query in Node-RED", "#2f7d6b"],
  ["engine", "its engine without Node-RED", "#5fa895"],
  ["floor", "bare pool.dispatch", "#b9bec6"],
];
const CASES = [
  atConcurrency(1),
  atConcurrency(16),
  atConcurrency(64),
  atConcurrency(16, "large"),
  atConcurrency(16, "small", true),
];
const [WIDTH, LEFT, BAR, GAP] = [860, 230, 16, 22];
const RIGHT = 165;

/** An SVG with the CPU per message, for each case relative to undici.request. */
export function renderChart(results: Results): string {
  const parts: string[] = [];
  let y = 56;
  for (const loadCase of CASES) {
    const bars = BARS.flatMap(([variant, title, colour]) => {
      const cost = compareVariants(results, [variant, "limit"], loadCase, cpu);
      const speed = compareVariants(results, [variant, "limit"], loadCase, rate);
      return cost && speed ? [{ title, colour, cost: cost.median, speed: speed.median }] : [];
    });
    if (bars.length === 0) continue;
    parts.push(`<text class="case" x="16" y="${y}">${caseName(loadCase)}</text>`);
    y += 12;
    const maxCost = Math.max(...bars.map(({ cost }) => cost));
    for (const { title, colour, cost, speed } of bars) {
      const width = Math.max(2, (cost / maxCost) * (WIDTH - LEFT - RIGHT));
      parts.push(
        `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${title}</text>`,
        `<rect x="${LEFT}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" rx="2" fill="${colour}"/>`,
        `<text x="${(LEFT + width + 8).toFixed(1)}" y="${y + 12}">${cost.toFixed(2)}× · ${speed.toFixed(2)}× as fast</text>`,
      );
      y += BAR + 6;
    }
    y += GAP;
  }
  const style =
    "text{font:12px system-ui,sans-serif;fill:#3b4048}.case,.title{font-weight:600}.title{font-size:15px}" +
    "@media(prefers-color-scheme:dark){text{fill:#d5d9df}}";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="CPU per message against undici.request">
<style>${style}</style>
<text class="title" x="16" y="26">CPU per message, against undici.request (shorter is better)</text>
${parts.join("\n")}
</svg>
`;
}
