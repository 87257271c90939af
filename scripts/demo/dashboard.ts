// The dashboard package is not a dependency. It is installed on demand, for the example that needs it.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** Name of the package. */
export const DASHBOARD = "@flowfuse/node-red-dashboard";
/** The versions that the example is tested with. */
const RANGE = "~1.31.0";
const INSTALL_TIMEOUT_MS = 300_000;
// One attempt, and no install scripts. Nothing is saved, because the package.json in this directory belongs to Node-RED.
const NPM_FLAGS = "--no-save --no-audit --no-fund --ignore-scripts --fetch-retries=0 --loglevel=error".split(" ");

/** Whether the dashboard is completely installed in a user directory. */
export function hasDashboard(userDir: string): boolean {
  const modules = join(userDir, "node_modules");
  if (!existsSync(join(modules, DASHBOARD, "package.json"))) return false;
  // npm writes this file last.
  const list = join(modules, ".package-lock.json");
  return existsSync(list) && readFileSync(list, "utf8").includes(`"node_modules/${DASHBOARD}"`);
}

/**
 * Installs the dashboard into a user directory unless it is installed already.
 * @returns a sentence that says why it failed; undefined on success
 */
export async function installDashboard(userDir: string): Promise<string | undefined> {
  if (hasDashboard(userDir)) return undefined;
  mkdirSync(userDir, { recursive: true });
  // npm does not know this link and would fail. Starting Node-RED creates it again.
  rmSync(join(userDir, "node_modules", "@homenet"), { recursive: true, force: true });
  try {
    await promisify(execFile)("npm", ["install", "--prefix", userDir, ...NPM_FLAGS, `${DASHBOARD}@${RANGE}`], {
      timeout: INSTALL_TIMEOUT_MS,
    });
    return undefined;
  } catch (error) {
    // Node-RED would load an incomplete package and fail.
    rmSync(join(userDir, "node_modules", "@flowfuse"), { recursive: true, force: true });
    return `The dashboard is left out: npm could not bring ${DASHBOARD} (${reason(error)}).`;
  }
}

function reason(error: unknown): string {
  const { killed, code, stderr } = error as { killed?: boolean; code?: unknown; stderr?: string };
  if (killed) return `not within ${INSTALL_TIMEOUT_MS / 60_000} minutes`;
  return /npm error code (\S+)/.exec(stderr ?? "")?.[1] ?? String(code);
}
