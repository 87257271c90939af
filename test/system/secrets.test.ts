import assert from "node:assert/strict";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { Admin } from "./secrets/admin";
import { Canaries } from "./secrets/canaries";
import { EXPECTED_FLOWS, PLACES } from "./secrets/expected-flows";
import { happen, heal, isSignIn, TROUBLES, type Trouble } from "./secrets/faults";
import { ACTORS, leave, startFixture, type SecretsFixture } from "./secrets/fixture";
import { lookAtDisk, lookAtRequests, Sightings, Watcher } from "./secrets/sinks";

const REFERENCES = ["account", "controller", "router"];
/** A session of each platform, before something goes wrong with the calls. */
const FIRST = /^(login|query|status) /;

describe("A secret", () => {
  let red: NodeRed;

  before(async () => {
    red = await nodeRed();
    red.settings["contextStorage"] = { default: { module: "memory" } };
  });

  after(async () => {
    delete red.settings["contextStorage"];
    leave();
    await red.deploy([]);
  });

  it("is seen where it is needed, and nowhere else, whatever happens", async function () {
    this.timeout(300_000);
    const place = await startFixture();
    const sightings = new Sightings(new Canaries(place.canaries));
    const admin = new Admin(red, sightings);
    const watcher = new Watcher(red, sightings, place);
    try {
      let round = 0;
      for (const trouble of TROUBLES) {
        await suffer(place, trouble, `~${++round}`, true);
        const nodes = await suffer(place, trouble, `~${++round}`, false);
        await admin.flows(nodes);
        assert.match(await admin.context(), /homenet_/, "the context store keeps no session");
        lookAtDisk(String(red.settings["userDir"]), sightings);
        for (const name of ["kasa", "omada", "router"] as const) {
          lookAtRequests(name, place[name].server.journal.splice(0), sightings);
        }
      }
      await admin.runtime();
    } finally {
      watcher.close();
    }
    const places = [...sightings.looked].filter(([, size]) => size > 0).map(([name]) => name);
    assert.deepEqual(places.filter((name) => name !== "console").toSorted(), PLACES);
    assert.deepEqual(sightings.all(), [...EXPECTED_FLOWS].toSorted());

    /** Everybody acts while something is wrong: with signing in, or with what comes after it. */
    async function suffer(
      fixture: SecretsFixture,
      trouble: Trouble,
      round: string,
      atSignIn: boolean,
    ): Promise<FlowNode[]> {
      const nodes = [...fixture.configs, ...ACTORS.map(({ node }) => node)].map((node) => renamed(node, round));
      for (const node of nodes) if (node.credentials) node["timeout"] = trouble.isSlow ? 0.3 : 5;
      if (atSignIn) happen(fixture, trouble, isSignIn);
      await red.deploy(nodes);
      if (!atSignIn) {
        await act(round, (id) => FIRST.test(id));
        happen(fixture, trouble, (asked) => !trouble.signInOnly || isSignIn(asked));
      }
      const dialogs = admin.dialogs(nodes, fixture);
      const hook = { url: `${red.hooksUrl}/canary`, secret: fixture.webhookSecret };
      await act(round, () => true);
      await fixture.omada.postWebhook(hook, ["[gateway:02-00-5E-00-00-01] is down."]);
      await fixture.omada.postWebhook({ ...hook, secret: `${hook.secret}.` }, ["Not theirs."]);
      await dialogs;
      heal(fixture);
      return nodes;
    }
  });

  async function act(round: string, who: (id: string) => boolean): Promise<void> {
    const asked = ACTORS.filter(({ node, message }) => message && who(node.id)).map(({ node, message }) => {
      const id = node.id + round;
      const goal = red.ended(id) + 1;
      red.inject(id, structuredClone(message));
      return () => red.ended(id) >= goal;
    });
    await red.until(() => asked.every((isOver) => isOver()), 60_000);
  }
});

// New ids: what was refused in one round must not spare the next one its requests.
function renamed(node: FlowNode, round: string): FlowNode {
  const references = REFERENCES.filter((name) => typeof node[name] === "string");
  const names = references.map((name) => [name, String(node[name]) + round]);
  return { ...node, id: node.id + round, ...(Object.fromEntries(names) as object) };
}
