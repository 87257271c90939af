import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { DASHBOARD, installDashboard } from "../../scripts/demo/dashboard";
import { DASHBOARD_EXAMPLES, fillIn, loadExamples, type SavedNode } from "../../scripts/demo/examples";
import { launchBrowser } from "../browser/browser";
import { hurried } from "../runtime/example-fixture";
import { ALL_NODES, NodeRedProcess, userDirectory } from "../support/harness/node-red-process";
import { closeAfterTest } from "../support/mocha-hooks";
import { KasaCloud } from "../support/simulators/kasa/cloud";
import { Plug } from "../support/simulators/kasa/plugs";
import { OmadaController } from "../support/simulators/omada/controller";
import { PeplinkRouter } from "../support/simulators/peplink/router";

const CACHE = resolve(".cache/dashboard");
/** Far more than it takes, where much else runs beside it. */
const WITHIN_MS = 90_000;
const FLOW = loadExamples(DASHBOARD_EXAMPLES).get("Network at a glance.json") ?? assert.fail("the example is gone");

/** The example in a Node-RED with the dashboard, as somebody has it who imported it and filled in the config nodes. */
class World {
  private constructor(
    readonly red: NodeRedProcess,
    readonly cloud: KasaCloud,
    readonly router: PeplinkRouter,
  ) {}

  static async start(): Promise<World> {
    const platforms = {
      cloud: closeAfterTest(await KasaCloud.start()),
      controller: closeAfterTest(await OmadaController.start()),
      router: closeAfterTest(await PeplinkRouter.start()),
    };
    const userDir = userDirectory();
    mkdirSync(join(userDir, "node_modules", DASHBOARD, ".."), { recursive: true });
    symlinkSync(join(CACHE, "node_modules", DASHBOARD), join(userDir, "node_modules", DASHBOARD), "dir");
    const red = await NodeRedProcess.start(userDir, undefined, undefined, undefined, ALL_NODES);
    await red.deployFlow(fillIn(FLOW.map(hurried).map(watched), platforms));
    return new World(red, platforms.cloud, platforms.router);
  }

  get address(): string {
    return `${this.red.url}/dashboard`;
  }

  /** What a widget holds: its last message, or all of a chart's. */
  async held<T>(name: string): Promise<T | undefined> {
    const { id } = node(name);
    const text = await (await fetch(`${this.address}/_debug/datastore/${id}`)).text();
    return text ? (JSON.parse(text) as T) : undefined;
  }

  /** Waits until a widget has been told a payload that is as it should be. */
  async shows<T>(name: string, isRight: (payload: T) => boolean): Promise<void> {
    await this.red.until(async () => {
      const held = await this.held<{ payload?: T }>(name);
      return held?.payload !== undefined && isRight(held.payload);
    }, WITHIN_MS);
  }

  /** Waits until a chart has a point of each of these series, and looks at them. */
  async draws(chart: string, points: Record<string, number>): Promise<void> {
    let drawn: Record<string, number> = {};
    await this.red.until(async () => {
      const held = (await this.held<{ _datapoint: { category: string; y: number } }[]>(chart)) ?? [];
      drawn = Object.fromEntries(held.map(({ _datapoint: { category, y } }) => [category, y]));
      return Object.keys(drawn).length >= Object.keys(points).length;
    }, WITHIN_MS);
    assert.deepEqual(drawn, points);
  }

  /** Moves a switch as the page does; it keeps no connection, so it need not answer any ping. */
  async click(name: string, on: boolean): Promise<void> {
    const at = `${this.address}/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(at)).text()).slice(1)) as { sid: string };
    const headers = { "content-type": "text/plain;charset=UTF-8" };
    const send = (body: string): Promise<Response> => fetch(`${at}&sid=${sid}`, { method: "POST", headers, body });
    await send("40");
    await (await fetch(`${at}&sid=${sid}`)).text();
    await send(`42${JSON.stringify(["widget-change", node(name).id, on])}`);
  }

  /** What went wrong so far, in the log or in the flow. */
  wrongs(): string[] {
    return this.red.log.split("\n").filter((line) => /\[(error|fatal)\]|what went wrong\]/.test(line));
  }
}

/** Looks at the routers often, and writes into the log what the Catch node hears. */
function watched(saved: SavedNode): SavedNode {
  if (saved.type === "inject") return { ...saved, repeat: "2" };
  return saved.name === "what went wrong" ? { ...saved, console: true } : saved;
}

function node(name: string): SavedNode {
  return FLOW.find((one) => one.name === name && one.type.startsWith("ui-")) ?? assert.fail(`there is no "${name}"`);
}

describe(`${DASHBOARD_EXAMPLES} (skipped where npm cannot bring the dashboard)`, function () {
  this.timeout(300_000);

  before(async function () {
    this.timeout(310_000);
    const trouble = await installDashboard(CACHE);
    if (!trouble) return;
    process.stdout.write(`    ${trouble}\n`);
    this.skip();
  });

  it("shows what happens; its switches switch once for each click, and show what the plug says", async function () {
    const world = await World.start();
    const answer = await fetch(world.address);
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /id="app"/);

    await world.shows("carrying now", (name) => name === "Fibre");
    await world.shows("clients now", (count) => count === 10);
    await world.shows("power now", (power) => power === "12.4 W");
    await world.draws("traffic of each link", { Fibre: 18.4, Starlink: 0, Cellular: 0 });
    await world.draws("clients over time", { "Wi-Fi": 5, cable: 5 });
    await world.draws("power of each plug", { Modem: 12.4, Freezer: 0, Shelf: 0 });

    world.router.wan("Fibre").takeDown();

    await world.shows("carrying now", (name) => name === "Starlink");
    type Lane = { name: string; bars: { state: string }[] };
    const story = (lanes: Lane[]): unknown[] =>
      lanes.map(({ name, bars }) => [name, ...bars.map(({ state }) => state)]);
    await world.shows<Lane[]>("who carried when", (lanes) => lanes[0]?.bars.length === 2);
    assert.deepEqual(story((await world.held<{ payload: Lane[] }>("who carried when"))?.payload ?? []), [
      ["Fibre", "carries", "down"],
      ["Starlink", "waits", "carries"],
      ["Cellular", "waits"],
    ]);
    await world.shows<{ what: string }[]>("what happened", (rows) => rows[0]?.what === "Starlink carries");
    await world.shows<{ what: string }[]>("what happened", (rows) =>
      rows.some(({ what }) => what === "Fibre is down: No Cable Detected"),
    );
    assert.deepEqual(world.wrongs(), []);

    const freezer = world.cloud.device(Plug, "Freezer");
    for (const [on, watts] of [
      [true, 12.4],
      [false, 0],
    ] as const) {
      await world.click("Freezer", on);
      await world.shows("Freezer", (is) => is === on);
      await world.shows("power now", (power) => power === `${(12.4 + watts).toFixed(1)} W`);
    }
    assert.deepEqual(switched(freezer), [true, false]);
    assert.deepEqual(world.wrongs(), []);

    freezer.failWith = -3;
    await world.click("Freezer", true);
    await world.red.until(() => world.wrongs().length > 0, WITHIN_MS);
    await world.shows("Freezer", (is) => !is);

    const page = await (await launchBrowser(this)).newPage();
    try {
      const complaints: string[] = [];
      page.on("pageerror", (error) => complaints.push(String(error)));
      await page.goto(world.address, { timeout: WITHIN_MS });
      for (const drawn of [".links-lane .down", "canvas", "text=Freezer – 0.0 W"])
        await page.locator(drawn).first().waitFor({ timeout: WITHIN_MS });
      assert.deepEqual(complaints, []);
    } finally {
      await page.close();
    }
  });
});

/** How a plug was switched, in order. */
const switched = ({ commands }: Plug): unknown[] =>
  commands.flatMap((command) => {
    const { system } = command as { system?: { set_relay_state?: { state: number } } };
    return system?.set_relay_state ? [system.set_relay_state.state === 1] : [];
  });
