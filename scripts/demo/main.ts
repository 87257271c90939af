// The demo: three simulated platforms and a Node-RED with the example flows.
//   npm run demo              runs until Ctrl+C
//   npm run demo -- --once    plays the failover story without a person, and exits
// --port takes another port than 1880, --dir another user directory than .demo.
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { KasaCloud } from "../../test/support/simulators/kasa/cloud";
import { OmadaController } from "../../test/support/simulators/omada/controller";
import { PeplinkRouter } from "../../test/support/simulators/peplink/router";
import { startNodeRed, type NodeRedInstance } from "../node-red";
import { live } from "./activity";
import { hasDashboard, installDashboard } from "./dashboard";
import { examples, filledIn, selfSufficient, WITH_DASHBOARD, type Platforms } from "./examples";
import { play } from "./failover";

const USUAL_PORT = 1880;
const OPTIONS = { once: { type: "boolean" }, port: { type: "string" }, dir: { type: "string" } } as const;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: OPTIONS });
  const userDir = resolve(values.dir ?? ".demo");
  // The story needs no dashboard, and nobody wants to wait for one.
  const dashboard = !values.once && (await withDashboard(userDir));
  const platforms = {
    cloud: await KasaCloud.start(),
    controller: await OmadaController.start(),
    router: await PeplinkRouter.start(),
  };
  const port = values.once ? 0 : await freePort(Number(values.port ?? USUAL_PORT));
  // The example with the webhook wants a place where it can be posted to.
  const settings = { logging: { console: { level: "error" } }, httpNodeRoot: "/hooks" };
  // Flows of an earlier demo may hold nodes that are gone, and would not start.
  for (const file of ["flows.json", "flows_cred.json"]) rmSync(join(userDir, file), { force: true });
  const running = await startNodeRed(userDir, port, settings);
  const rest = values.once ? undefined : live(platforms);
  const end = async (): Promise<void> => {
    rest?.();
    await running.stop();
    await Promise.all(Object.values(platforms).map((platform) => platform.close()));
  };
  try {
    const shown = [...selfSufficient().values(), ...(dashboard ? examples(WITH_DASHBOARD).values() : [])];
    const flows = filledIn(shown.flat(), platforms);
    await running.deploy(flows);
    if (values.once) await play(running, flows, platforms);
    else await untilStopped(running, platforms, dashboard);
  } finally {
    await end();
  }
}

/** Whether the dashboard is there; brings it at the first time. The demo goes on without it. */
async function withDashboard(userDir: string): Promise<boolean> {
  if (!hasDashboard(userDir)) console.log("Installing the dashboard for the demo, this once: it takes a minute …");
  const trouble = await installDashboard(userDir);
  if (trouble) console.log(`${trouble} Everything else works; the next start tries again.`);
  return !trouble;
}

async function untilStopped({ url }: NodeRedInstance, platforms: Platforms, dashboard: boolean): Promise<void> {
  const { cloud, controller, router } = platforms;
  const stopped = new Promise<void>((done) => {
    process.once("SIGINT", done);
    process.once("SIGTERM", done);
  });
  console.log(`
Node-RED with the example flows:  ${url}
${dashboard ? `The dashboard, to look on:        ${url}/hooks/dashboard\n` : ""}
What to try:
  - Open the tab "WAN failover" and press the button of "check the links": all is well.
  - Type  fibre  and Enter here: the simulated router's fibre goes down. Press the button again
    and look at the debug sidebar. Type  fibre  again to bring it back. "WAN failover alert" and
    "Modem power-cycle" see it by themselves${dashboard ? ", and so does the dashboard" : ""}.
  - The other tabs show one node each; open a node to see its settings and its help.
  - Add a config node of your own, and press "Test connection":
      Kasa    ${cloud.url}   ${cloud.email}   ${cloud.password}
      Omada   ${controller.url}   client id ${controller.clientId}   secret ${controller.clientSecret}
      Router  ${router.url}   client id ${router.clientId}   secret ${router.clientSecret}
              (or let it make a client: user name ${router.username}, password ${router.password})
  - Post a webhook as the controller does: ${url}/hooks/omada-webhook
  - Ctrl+C ends the demo.
`);
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    if (line.trim() !== "fibre") return;
    const fibre = router.wan("Fibre");
    if (fibre.up) fibre.takeDown();
    else fibre.bringUp();
    console.log(`The fibre is ${fibre.up ? "up" : "down"}.`);
  });
  await stopped;
  lines.close();
}

async function freePort(wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 100; port++) {
    const free = await new Promise<boolean>((done) => {
      const probe = createServer();
      probe.once("error", () => done(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
    });
    if (free) return port;
  }
  throw new Error(`No free port from ${wanted} on.`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
