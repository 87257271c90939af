import assert from "node:assert/strict";
import { nodeRed, type FlowNode, type NodeRed } from "../support/harness/node-red";
import { AdminApi } from "./secrets/admin";
import { Canaries } from "./secrets/canaries";
import { EXPECTED_FLOWS, PLACES } from "./secrets/expected-flows";
import { endIncident, INCIDENTS, isSignIn, startIncident, type Incident } from "./secrets/faults";
import { NODE_CASES, restoreLocation, startFixture } from "./secrets/fixture";
import { Findings, RuntimeObserver, searchDisk, searchRequests } from "./secrets/sinks";

const REFERENCES = ["account", "controller", "router"];
/** The nodes that sign in on each platform before an incident with calls. */
const SIGN_IN_NODES = /^(login|query|status) /;

describe("A secret", () => {
  let red: NodeRed;

  before(async () => {
    red = await nodeRed();
    red.settings["contextStorage"] = { default: { module: "memory" } };
  });

  after(async () => {
    delete red.settings["contextStorage"];
    restoreLocation();
    await red.deploy([]);
  });

  it("is found where it is needed and nowhere else, whatever happens", async function () {
    // Minutes on a machine that has much else to do.
    this.timeout(900_000);
    const fixture = await startFixture();
    const findings = new Findings(new Canaries(fixture.canaries));
    const admin = new AdminApi(red, findings);
    const observer = new RuntimeObserver(red, findings, fixture);
    try {
      let round = 0;
      for (const incident of INCIDENTS) {
        await runDuring(incident, `~${++round}`, true);
        const nodes = await runDuring(incident, `~${++round}`, false);
        await admin.searchFlows(nodes);
        assert.match(await admin.fetchContext(), /homenet_/, "the context store contains no session");
        searchDisk(String(red.settings["userDir"]), findings);
        for (const name of ["kasa", "omada", "router"] as const) {
          searchRequests(name, fixture[name].server.journal.splice(0), findings);
        }
      }
      await admin.searchRuntime();
    } finally {
      observer.close();
    }
    const places = [...findings.searched].filter(([, size]) => size > 0).map(([name]) => name);
    assert.deepEqual(places.filter((name) => name !== "console").toSorted(), PLACES);
    assert.deepEqual(findings.all(), [...EXPECTED_FLOWS].toSorted());

    /** Runs all nodes during an incident, which affects either sign-ins or the calls after them. */
    async function runDuring(incident: Incident, round: string, atSignIn: boolean): Promise<FlowNode[]> {
      const nodes = [...fixture.configs, ...NODE_CASES.map(({ node }) => node)].map((node) => withNewIds(node, round));
      for (const node of nodes) if (node.credentials) node["timeout"] = incident.isSlow ? 0.3 : 5;
      if (atSignIn) startIncident(fixture, incident, isSignIn);
      await red.deploy(nodes);
      if (!atSignIn) {
        await sendAll(round, (id) => SIGN_IN_NODES.test(id));
        startIncident(fixture, incident, (request) => !incident.signInOnly || isSignIn(request));
      }
      const dialogs = admin.searchDialogs(nodes, fixture);
      const hook = { url: `${red.hooksUrl}/canary`, secret: fixture.webhookSecret };
      await sendAll(round, () => true);
      await fixture.omada.postWebhook(hook, ["[gateway:02-00-5E-00-00-01] is down."]);
      await fixture.omada.postWebhook({ ...hook, secret: `${hook.secret}.` }, ["Forged."]);
      await dialogs;
      endIncident(fixture);
      return nodes;
    }
  });

  async function sendAll(round: string, filter: (id: string) => boolean): Promise<void> {
    const pending = NODE_CASES.filter(({ node, message }) => message && filter(node.id)).map(({ node, message }) => {
      const id = node.id + round;
      const count = red.ended(id) + 1;
      red.inject(id, structuredClone(message));
      return () => red.ended(id) >= count;
    });
    await red.until(() => pending.every((hasEnded) => hasEnded()), 60_000);
  }
});

// New ids, so that a refusal in one round does not suppress requests of the next one.
function withNewIds(node: FlowNode, round: string): FlowNode {
  const references = REFERENCES.filter((name) => typeof node[name] === "string");
  const names = references.map((name) => [name, String(node[name]) + round]);
  return { ...node, id: node.id + round, ...(Object.fromEntries(names) as object) };
}
