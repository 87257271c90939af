import type { NodeRedInstance } from "../node-red";
import type { Platforms, SavedNode } from "./examples";

const FLOW = "WAN failover";
const TIME_LIMIT_MS = 30_000;

interface Message {
  payload?: unknown;
  api?: { operation: string; durationMs: number };
  error?: { message: string };
}

type Row = Record<string, unknown>;

/** What each step of the story should show, in order: the node's name, and its result in words. */
const STEPS: readonly [name: string, tell: (payload: unknown) => string][] = [
  ["WAN links", (links) => rows(links, (link) => `${text(link["name"])}: ${text(link["message"])}`)],
  ["open the Kasa account", (account) => `signed in as account ${text((account as Row)["accountId"])}`],
  ["list the plugs", (devices) => rows(devices, (device) => `${text(device["alias"])} (${text(device["kind"])})`)],
  ["sites", (sites) => rows(sites, (site) => text(site["name"]))],
  ["clients of the site", (clients) => `${(clients as Row[]).length} clients`],
  [
    "post the new priority",
    (answer) => collection(answer, (link) => `${text(link["name"])} → ${text(link["priority"])}`),
  ],
  [
    "read back",
    (links) =>
      rows(links, (link) => `${text(link["name"])}: ${text(link["message"])}, priority ${text(link["priority"])}`),
  ],
  ["tell", (report) => text(report)],
];

/**
 * Plays the failover story: the fibre goes down, and the flow of the example does the rest.
 * @throws when a step fails, is missing, or the router is not as it should be in the end
 */
export async function play(
  { red }: NodeRedInstance,
  flows: SavedNode[],
  { router, cloud, controller }: Platforms,
): Promise<void> {
  const tab = flows.find(({ type, label }) => type === "tab" && label === FLOW)?.id;
  const named = (name: string): SavedNode => {
    const node = flows.find((candidate) => candidate.z === tab && candidate.name === name);
    if (!node) throw new Error(`The flow "${FLOW}" has no node "${name}".`);
    return node;
  };
  const expected = new Map(STEPS.map(([name, tell], index) => [named(name).id, { name, tell, number: index + 2 }]));

  console.log("1. The fibre of the simulated router goes down.");
  router.wan("Fibre").takeDown();

  let told = 0;
  const ended = new Promise<void>((done, fail) => {
    const timer = setTimeout(() => fail(new Error(`The story stopped after step ${told + 1}.`)), TIME_LIMIT_MS);
    red.hooks.add("onSend.story", (events: { source: { id: string }; msg: Message }[]) => {
      for (const { source, msg } of events) {
        if (msg.error) fail(new Error(`A step failed: ${msg.error.message}`));
        const step = expected.get(source.id);
        if (!step) continue;
        const how = msg.api ? ` [${msg.api.operation}, ${msg.api.durationMs} ms]` : "";
        console.log(`${step.number}. ${step.name}: ${step.tell(msg.payload)}${step.name === "tell" ? "" : how}`);
        if (++told < expected.size) continue;
        clearTimeout(timer);
        done();
      }
    });
  });
  red.nodes.getNode(named("check the links").id)?.receive({});
  await ended;
  red.hooks.remove("onSend.story");

  const [fibre, starlink] = [router.wan("Fibre"), router.wan("Starlink")];
  if (fibre.priority === 1 || starlink.priority !== 1) throw new Error("The router did not take the new priority.");
  console.log(
    `The router itself says: Starlink carries with priority ${starlink.priority}. ` +
      `Sign-ins: Kasa ${cloud.signIns()}, Omada ${controller.signIns()}, router ${router.signIns()}.`,
  );
}

function rows(payload: unknown, tell: (row: Row) => string): string {
  return (payload as Row[]).map(tell).join(", ");
}

// The answer to a post is the router's own: a collection.
function collection(payload: unknown, tell: (row: Row) => string): string {
  const { order, ...entries } = payload as Row & { order: unknown[] };
  return order.map((id) => tell(entries[String(id)] as Row)).join(", ");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value ?? "–");
}
