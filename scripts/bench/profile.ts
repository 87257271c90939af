import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";

/** Where a process spent its time. */
export interface Profile {
  /** CPU time in microseconds. */
  totalUs: number;
  /** Share of each part of the code, largest first. */
  parts: [name: string, share: number][];
  /** Share of each function by itself, largest first. */
  functions: [name: string, share: number][];
}

const SAMPLE_US = 200;
const CODE_PARTS: readonly [pattern: RegExp, name: string][] = [
  [/\/dist\/nodes\//, "nodes"],
  [/\/scripts\/bench\//, "bench"],
  [/node_modules\/((?:@[^/]+\/)?[^/]+)/, ""],
  [/^(node:.*)$/, ""],
  [/\/src\//, "src"],
];

/** Profiles a function; writes the profile to a file that a browser's developer tools can open. */
export async function profile(file: string, act: () => Promise<unknown>): Promise<Profile> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: SAMPLE_US });
  await session.post("Profiler.start");
  await act();
  const { profile: cpuProfile } = await session.post("Profiler.stop");
  session.disconnect();
  writeFileSync(file, JSON.stringify(cpuProfile));

  const { nodes, samples = [], timeDeltas = [] } = cpuProfile;
  const byId = new Map(nodes.map((node) => [node.id, node.callFrame]));
  const [parts, functions] = [new Map<string, number>(), new Map<string, number>()];
  let totalUs = 0;
  for (const [index, id] of samples.entries()) {
    const frame = byId.get(id);
    // The profiler itself shows up as "dispatch".
    if (!frame || (!frame.url && /^(\(idle\)|dispatch)$/.test(frame.functionName))) continue;
    const us = timeDeltas[index] ?? 0;
    const name = frame.functionName || "(anonymous)";
    totalUs += us;
    add(parts, frame.url ? partOf(frame.url) : name, us);
    add(functions, `${name} ${frame.url.split("/").slice(-3).join("/")}:${frame.lineNumber + 1}`, us);
  }
  return { totalUs, parts: shares(parts, totalUs), functions: shares(functions, totalUs) };
}

function partOf(url: string): string {
  for (const [pattern, name] of CODE_PARTS) {
    const match = pattern.exec(url);
    if (match) return name || (match[1] ?? url);
  }
  return url;
}

function add(sums: Map<string, number>, name: string, us: number): void {
  sums.set(name, (sums.get(name) ?? 0) + us);
}

const shares = (sums: Map<string, number>, total: number): [string, number][] =>
  [...sums].map(([name, us]): [string, number] => [name, us / total]).sort(([, a], [, b]) => b - a);
