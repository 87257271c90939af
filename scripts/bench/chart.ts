import { atConcurrency, compareVariants, cpu, growthOf, rate, type Growth, type Results } from "./goals/results";
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

/** The height of the line, and the cost per site at its top, relative to ten sites. */
const [LINE_HEIGHT, LINE_TOP] = [110, 2];

/** An SVG with the CPU per message, for each case relative to undici.request, and the cost of a site among many. */
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
  const line = results.growth && results.growth.costs.length > 1 ? growthLine(results.growth, y) : "";
  if (line) {
    parts.push(line);
    y += LINE_HEIGHT + 64;
  }
  const style =
    "text{font:12px system-ui,sans-serif;fill:#3b4048}.case,.title{font-weight:600}.title{font-size:15px}" +
    "polyline{fill:none;stroke:#2f7d6b;stroke-width:2}.bound{stroke:#8a8f98;stroke-dasharray:4}" +
    "@media(prefers-color-scheme:dark){text{fill:#d5d9df}}";
  const label = `CPU per message against undici.request${line ? ", and CPU of polling one router by the number of routers" : ""}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="${label}">
<style>${style}</style>
<text class="title" x="16" y="26">CPU per message, against undici.request (shorter is better)</text>
${parts.join("\n")}
</svg>
`;
}

/** A line of what one site costs among more and more of them, which should be flat. */
function growthLine(growth: Growth, y: number): string {
  const points = growthOf(growth);
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return "";
  const toX = (sites: number): number =>
    LEFT + (Math.log(sites / first.sites) / Math.log(last.sites / first.sites)) * (WIDTH - LEFT - RIGHT);
  const toY = (ratio: number): number => y + 20 + LINE_HEIGHT * (1 - Math.min(ratio, LINE_TOP) / LINE_TOP);
  const marks = points.map(({ sites, cpuMs }) => ({ sites, x: toX(sites), ratio: cpuMs / first.cpuMs }));
  const bound = toY(1.2).toFixed(1);
  return [
    `<text class="title" x="16" y="${y}">CPU of polling one router, by the number of routers (flat is better)</text>`,
    `<text x="${LEFT - 8}" y="${bound}" text-anchor="end">20 % more than among ${first.sites}</text>`,
    `<line class="bound" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${bound}" y2="${bound}"/>`,
    `<polyline points="${marks.map(({ x, ratio }) => `${x.toFixed(1)},${toY(ratio).toFixed(1)}`).join(" ")}"/>`,
    ...marks.map(
      ({ sites, x, ratio }) =>
        `<text x="${x.toFixed(1)}" y="${(toY(ratio) + 18).toFixed(1)}" text-anchor="middle">${sites}: ${ratio.toFixed(2)}×</text>`,
    ),
  ].join("\n");
}
