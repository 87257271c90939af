import { Plug } from "../../test/support/simulators/kasa/plugs";
import type { NodeRedInstance } from "../node-red";
import type { Platforms, SavedNode } from "./examples";

const FLOW = "WAN failover";
const POWER_CYCLE = "Modem power-cycle";
const TIMEOUT_MS = 60_000;

interface Message {
  payload?: unknown;
  api?: { operation: string; durationMs: number; via?: string };
  error?: { message: string };
}

type Row = Record<string, unknown>;

/** The steps of the story in their order: the node's name, and how to describe its result. */
const STEPS: readonly [name: string, describe: (payload: unknown) => string][] = [
  ["WAN links", (links) => formatRows(links, (link) => `${toText(link["name"])}: ${toText(link["message"])}`)],
  ["open the Kasa account", (account) => `signed in as account ${toText((account as Row)["accountId"])}`],
  [
    "list the plugs",
    (devices) => formatRows(devices, (device) => `${toText(device["alias"])} (${toText(device["kind"])})`),
  ],
  ["sites", (sites) => formatRows(sites, (site) => toText(site["name"]))],
  ["clients of the site", (clients) => `${(clients as Row[]).length} clients`],
  [
    "post the new priority",
    (answer) => formatCollection(answer, (link) => `${toText(link["name"])} → ${toText(link["priority"])}`),
  ],
  [
    "read back",
    (links) =>
      formatRows(
        links,
        (link) => `${toText(link["name"])}: ${toText(link["message"])}, priority ${toText(link["priority"])}`,
      ),
  ],
  ["tell", (report) => toText(report)],
];

/**
 * Plays the failover story: the fibre goes down, and the example flow does the rest.
 * Rejects when a step fails or is missing, or when the router does not end up with the new priority.
 */
export async function playFailover(
  { red }: NodeRedInstance,
  flows: SavedNode[],
  { router, cloud, controller }: Platforms,
): Promise<void> {
  const steps = new Map(
    STEPS.map(([name, describe], index) => [findNode(flows, FLOW, name).id, { name, describe, number: index + 2 }]),
  );

  console.log("1. The fibre of the simulated router goes down.");
  router.wan("Fibre").takeDown();

  let completed = 0;
  const finished = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`The story stopped after step ${completed + 1}.`)), TIMEOUT_MS);
    red.hooks.add("onSend.story", (events: { source: { id: string }; msg: Message }[]) => {
      for (const { source, msg } of events) {
        if (msg.error) reject(new Error(`A step failed: ${msg.error.message}`));
        const step = steps.get(source.id);
        if (!step) continue;
        const suffix = msg.api && step.name !== "tell" ? ` [${msg.api.operation}, ${msg.api.durationMs} ms]` : "";
        console.log(`${step.number}. ${step.name}: ${step.describe(msg.payload)}${suffix}`);
        if (++completed < steps.size) continue;
        clearTimeout(timer);
        resolve();
      }
    });
  });
  red.nodes.getNode(findNode(flows, FLOW, "check the links").id)?.receive({});
  await finished;
  red.hooks.remove("onSend.story");

  const [fibre, starlink] = [router.wan("Fibre"), router.wan("Starlink")];
  if (fibre.priority === 1 || starlink.priority !== 1) throw new Error("The router does not have the new priority.");
  console.log(
    `The router itself says: Starlink carries with priority ${starlink.priority}. ` +
      `Sign-ins: Kasa ${cloud.signIns()}, Omada ${controller.signIns()}, router ${router.signIns()}.`,
  );
}

/**
 * Plays the power-cycle of the modem without an internet: its plug obeys over the local network.
 * Rejects when the plug does not, or is told in another way.
 */
export async function playPowerCycle(
  { red }: NodeRedInstance,
  flows: SavedNode[],
  { cloud }: Platforms,
): Promise<void> {
  let number = STEPS.length + 2;
  console.log(`${number}. The internet is down as well: Kasa's cloud cannot be reached.`);
  await cloud.server.goOffline();
  const modem = cloud.device(Plug, "Modem");
  const wanted = new Map([
    [findNode(flows, POWER_CYCLE, "modem off").id, false],
    [findNode(flows, POWER_CYCLE, "modem on").id, true],
  ]);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("The modem's plug was not switched in time.")), TIMEOUT_MS);
    red.hooks.add("onSend.power-cycle", (events: { source: { id: string }; msg: Message }[]) => {
      for (const { source, msg } of events) {
        if (msg.error) reject(new Error(`The modem's plug was not switched: ${msg.error.message}`));
        const on = wanted.get(source.id);
        if (on === undefined) continue;
        if (modem.on !== on || msg.api?.via !== "local") reject(new Error("The modem's plug does not obey."));
        console.log(`${++number}. The modem's plug is ${on ? "on" : "off"}, told over the local network.`);
        wanted.delete(source.id);
        if (wanted.size > 0) continue;
        clearTimeout(timer);
        resolve();
      }
    });
    red.nodes.getNode(findNode(flows, POWER_CYCLE, "modem off").id)?.receive({});
  });
  red.hooks.remove("onSend.power-cycle");
}

function findNode(flows: SavedNode[], flow: string, name: string): SavedNode {
  const tab = flows.find(({ type, label }) => type === "tab" && label === flow)?.id;
  const node = flows.find(
    (candidate) => candidate.z === tab && candidate.name === name && !candidate.type.startsWith("link "),
  );
  if (!node) throw new Error(`The flow "${flow}" has no node "${name}".`);
  return node;
}

function formatRows(payload: unknown, describe: (row: Row) => string): string {
  return (payload as Row[]).map(describe).join(", ");
}

// The response to a POST is a collection in the router's own form.
function formatCollection(payload: unknown, describe: (row: Row) => string): string {
  const { order, ...entries } = payload as Row & { order: unknown[] };
  return order.map((id) => describe(entries[String(id)] as Row)).join(", ");
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "–");
}
