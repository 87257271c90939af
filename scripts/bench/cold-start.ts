import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pinned } from "./ipc";
import { CLIENT_CPU } from "./schedule";

/** What it costs to start Node-RED until its flows run, in milliseconds. */
export interface StartCost {
  wallMs: number;
  cpuMs: number;
  /** The dependencies of this package that were loaded meanwhile. */
  loaded: string[];
}

const PLACE = { z: "tab", x: 1, y: 1 };
const INJECT = { id: "inject", type: "inject", repeat: "", once: false, props: [], wires: [["read"]], ...PLACE };
const DEBUG = { id: "debug", type: "debug", active: false, wires: [], ...PLACE };
const router = { id: "router", type: "peplink-router", server: "http://127.0.0.1:9" };

/** Row 38: starts Node-RED with this package and a flow of it, and without both, in turns. */
export function coldStarts(tries: number): { with: StartCost; without: StartCost }[] {
  const withDir = userDirectory({ type: "router-status", router: "router" }, [router]);
  const scope = join(withDir, "node_modules", "@homenet");
  mkdirSync(scope, { recursive: true });
  symlinkSync(resolve("."), join(scope, "node-red-homenet"), "dir");
  const credentials = { router: { clientId: "id", clientSecret: "0123456789abcdef0123456789abcdef" } };
  writeFileSync(join(withDir, "flows_cred.json"), JSON.stringify(credentials));
  const withoutDir = userDirectory({ type: "http request", method: "GET", url: router.server }, []);
  try {
    // The first start writes what later ones read.
    start(withDir);
    start(withoutDir);
    return Array.from({ length: tries }, (_, index) => {
      const first = index % 2 ? start(withDir) : undefined;
      const without = start(withoutDir);
      return { with: first ?? start(withDir), without };
    });
  } finally {
    for (const folder of [withDir, withoutDir]) rmSync(folder, { recursive: true, force: true });
  }
}

/** A user directory with a flow of one node that reads. */
function userDirectory(read: { type: string; [property: string]: string }, configs: object[]): string {
  const userDir = mkdtempSync(join(tmpdir(), "homenet-bench-"));
  const flow = [
    { id: "tab", type: "tab", label: "bench" },
    INJECT,
    { id: "read", wires: [["debug"]], ...PLACE, ...read },
  ];
  writeFileSync(join(userDir, "flows.json"), JSON.stringify([...configs, ...flow, DEBUG]));
  return userDir;
}

function start(userDir: string): StartCost {
  const [executable = "", ...args] = pinned(CLIENT_CPU, [process.execPath, "scripts/bench/cold-start.mjs", userDir]);
  return JSON.parse(execFileSync(executable, args, { encoding: "utf8" })) as StartCost;
}
