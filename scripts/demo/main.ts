// The demo: three simulated platforms and a Node-RED with the example flows.
//   npm run demo              runs until Ctrl+C
//   npm run demo -- --once    plays the failover story by itself and exits
// --port chooses another port than 1880, --dir another user directory than .demo.
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { startNodeRed, type NodeRedInstance } from "../node-red";
import { simulateActivity } from "./activity";
import { hasDashboard, installDashboard } from "./dashboard";
import {
  DASHBOARD_EXAMPLES,
  fillIn,
  loadExamples,
  loadStandaloneExamples,
  startPlatforms,
  type Platforms,
} from "./examples";
import { playFailover, playPowerCycle } from "./failover";

const DEFAULT_PORT = 1880;
const MAX_PORTS = 100;
const OPTIONS = { once: { type: "boolean" }, port: { type: "string" }, dir: { type: "string" } } as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  const userDir = resolve(values.dir ?? ".demo");
  // The story needs no dashboard, so nobody has to wait for its installation.
  const hasDashboardNodes = !values.once && (await ensureDashboard(userDir));
  const platforms = await startPlatforms();
  const port = values.once ? 0 : await findFreePort(Number(values.port ?? DEFAULT_PORT));
  // Webhooks are posted below this root.
  const settings = { logging: { console: { level: "error" } }, httpNodeRoot: "/hooks" };
  // Flows of an earlier demo may contain nodes that no longer exist, and would not start.
  for (const file of ["flows.json", "flows_cred.json"]) rmSync(join(userDir, file), { force: true });
  const nodeRed = await startNodeRed(userDir, port, settings);
  const stopActivity = values.once ? undefined : simulateActivity(platforms);
  try {
    const dashboardExamples = hasDashboardNodes ? loadExamples(DASHBOARD_EXAMPLES).values() : [];
    const flows = fillIn([...loadStandaloneExamples().values(), ...dashboardExamples].flat(), platforms);
    await nodeRed.deploy(flows);
    if (values.once) {
      await playFailover(nodeRed, flows, platforms);
      await playPowerCycle(nodeRed, flows, platforms);
    } else await runUntilStopped(nodeRed, platforms, hasDashboardNodes);
  } finally {
    stopActivity?.();
    await nodeRed.stop();
    await Promise.all(Object.values(platforms).map((platform) => platform.close()));
  }
}

/** Installs the dashboard the first time. Resolves with false if that fails; the demo runs without it. */
async function ensureDashboard(userDir: string): Promise<boolean> {
  if (!hasDashboard(userDir)) console.log("Installing the dashboard for the demo, once. This takes a minute …");
  const failure = await installDashboard(userDir);
  if (failure) console.log(`${failure} Everything else works; the next start tries again.`);
  return !failure;
}

async function runUntilStopped(
  { url }: NodeRedInstance,
  platforms: Platforms,
  hasDashboardNodes: boolean,
): Promise<void> {
  const { cloud, controller, router } = platforms;
  const stopped = new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  console.log(`
Node-RED with the example flows:  ${url}
${hasDashboardNodes ? `The dashboard:                    ${url}/hooks/dashboard\n` : ""}
What to try:
  - Open the tab "WAN failover" and press the button of "check the links": all links are up.
  - Type  fibre  and Enter here: the simulated router's fibre goes down. Press the button again
    and look at the debug sidebar. Type  fibre  again to bring it back. "WAN failover alert" and
    "Modem power-cycle" notice it by themselves${hasDashboardNodes ? ", and so does the dashboard" : ""}.
  - Type  internet  and Enter: Kasa's cloud is gone, and comes back with the next  internet .
    "Modem power-cycle" still switches the modem's plug, over the local network (msg.api.via).
  - The other tabs show one node each; open a node to see its settings and its help.
  - Add a config node of your own, and press "Test connection":
      Kasa    ${cloud.url}   ${cloud.email}   ${cloud.password}
      Omada   ${controller.url}   client id ${controller.clientId}   secret ${controller.clientSecret}
      Router  ${router.url}   client id ${router.clientId}   secret ${router.clientSecret}
              (or let it create a client: user name ${router.username}, password ${router.password})
  - Post a webhook as the controller does: ${url}/hooks/omada-webhook
  - Ctrl+C ends the demo.
`);
  let isOnline = true;
  const lines = createInterface({ input: process.stdin });
  const switches: Readonly<Record<string, () => Promise<void>>> = {
    async fibre() {
      const fibre = router.wan("Fibre");
      if (fibre.up) fibre.takeDown();
      else fibre.bringUp();
      console.log(`The fibre is ${fibre.up ? "up" : "down"}.`);
    },
    async internet() {
      isOnline = !isOnline;
      await (isOnline ? cloud.server.goOnline() : cloud.server.goOffline());
      console.log(`Kasa's cloud is ${isOnline ? "there again" : "gone"}.`);
    },
  };
  lines.on("line", (line) => void switches[line.trim()]?.());
  await stopped;
  lines.close();
}

async function findFreePort(first: number): Promise<number> {
  for (let port = first; port < first + MAX_PORTS; port++) {
    const isFree = await new Promise<boolean>((resolve) => {
      const probe = createServer();
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
  throw new Error(`There is no free port from ${first} on.`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
