import { against, c, cpu, rate, type Results } from "./goals";
import { nameOf, type VariantName } from "./types";

const WHO: readonly [variant: VariantName, title: string, colour: string][] = [
  ["core", "core http request → json", "#b3564b"],
  ["limit", "bare undici.request", "#8a8f98"],
  ["node", "omada-query in Node-RED", "#2f7d6b"],
  ["engine", "its engine without Node-RED", "#5fa895"],
  ["floor", "bare pool.dispatch", "#b9bec6"],
];
const CASES = [c(1), c(16), c(64), c(16, "large"), c(16, "small", true)];
const [WIDTH, LEFT, BAR, GAP] = [860, 230, 16, 22];
const RIGHT = 165;

/** Bars of CPU per message, for each case against undici.request. */
export function picture(results: Results): string {
  const parts: string[] = [];
  let y = 56;
  for (const asked of CASES) {
    const bars = WHO.flatMap(([variant, title, colour]) => {
      const cost = against(results, [variant, "limit"], asked, cpu);
      const speed = against(results, [variant, "limit"], asked, rate);
      return cost && speed ? [{ title, colour, cost: cost.median, speed: speed.median }] : [];
    });
    if (bars.length === 0) continue;
    parts.push(`<text class="case" x="16" y="${y}">${nameOf(asked)}</text>`);
    y += 12;
    const most = Math.max(...bars.map(({ cost }) => cost));
    for (const { title, colour, cost, speed } of bars) {
      const width = Math.max(2, (cost / most) * (WIDTH - LEFT - RIGHT));
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
