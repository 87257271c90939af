// The dashboard package: no dependency of this one. It is fetched when somebody wants to look at the example that needs it.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** Its name. */
export const DASHBOARD = "@flowfuse/node-red-dashboard";
/** What the example is tested with. */
const RANGE = "~1.31.0";
const LONGEST_MS = 300_000;
// One try and no script of a stranger. Nothing is saved: Node-RED keeps its own list in this directory.
const FLAGS = "--no-save --no-audit --no-fund --ignore-scripts --fetch-retries=0 --loglevel=error".split(" ");

/** Whether the dashboard is in a user directory, all of it. */
export function hasDashboard(userDir: string): boolean {
  const modules = join(userDir, "node_modules");
  if (!existsSync(join(modules, DASHBOARD, "package.json"))) return false;
  // npm writes this list when all is in its place.
  const list = join(modules, ".package-lock.json");
  return existsSync(list) && readFileSync(list, "utf8").includes(`"node_modules/${DASHBOARD}"`);
}

/**
 * Installs the dashboard into a user directory where it is missing.
 * @returns why that was not possible, as a sentence; undefined when it is there
 */
export async function installDashboard(userDir: string): Promise<string | undefined> {
  if (hasDashboard(userDir)) return undefined;
  mkdirSync(userDir, { recursive: true });
  // To npm this is a stranger's link; Node-RED's start makes it anew.
  rmSync(join(userDir, "node_modules", "@homenet"), { recursive: true, force: true });
  try {
    await promisify(execFile)("npm", ["install", "--prefix", userDir, ...FLAGS, `${DASHBOARD}@${RANGE}`], {
      timeout: LONGEST_MS,
    });
    return undefined;
  } catch (error) {
    // Half of a package would be loaded by Node-RED, and fail.
    rmSync(join(userDir, "node_modules", "@flowfuse"), { recursive: true, force: true });
    return `The dashboard is left out: npm could not bring ${DASHBOARD} (${reason(error)}).`;
  }
}

function reason(error: unknown): string {
  const { killed, code, stderr } = error as { killed?: boolean; code?: unknown; stderr?: string };
  if (killed) return `not within ${LONGEST_MS / 60_000} minutes`;
  return /npm error code (\S+)/.exec(stderr ?? "")?.[1] ?? String(code);
}
