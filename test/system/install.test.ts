import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { NODE_RED } from "../../scripts/node-red";
import { addressIn } from "../support/harness/node-red-process";
import { unpack } from "../support/harness/packed-package";

const PACKAGE = "@homenet/node-red-homenet";
const { "node-red": manifest } = JSON.parse(readFileSync("package.json", "utf8")) as {
  "node-red": { nodes: Record<string, string> };
};
const TYPES = Object.keys(manifest.nodes);

interface ListedSet {
  module: string;
  types: string[];
  enabled: boolean;
  err?: string;
}

describe("The packed tarball in a new Node-RED", () => {
  const userDir = mkdtempSync(join(tmpdir(), "homenet-install-"));
  const installed = join(userDir, "node_modules", PACKAGE);
  let runtime: ChildProcess;
  let url: string;

  before(async function () {
    this.timeout(60_000);
    unpack(installed);
    runtime = startNodeRed(userDir);
    url = await listening(runtime);
  });

  after(async () => {
    const ended = new Promise((done) => runtime.once("exit", done));
    runtime.kill("SIGTERM");
    await ended;
    rmSync(userDir, { recursive: true, force: true });
  });

  const get = async (path: string, accept = "application/json"): Promise<Response> =>
    fetch(url + path, { headers: { accept } });

  it("loads every node without an error", async () => {
    const sets = (await (await get("/nodes")).json()) as ListedSet[];

    const ours = sets.filter(({ module }) => module === PACKAGE);
    assert.deepEqual(ours.flatMap(({ types }) => types).sort(), [...TYPES].sort());
    assert.deepEqual(
      ours.filter(({ enabled, err }) => !enabled || err),
      [],
    );
  });

  it("serves the dialog and the help of every node", async () => {
    const html = await (await get("/nodes", "text/html")).text();

    for (const type of TYPES) {
      assert.match(html, new RegExp(`data-template-name="${type}"`));
      assert.match(html, new RegExp(`data-help-name="${type}"`));
    }
  });

  it("serves every icon", async () => {
    for (const icon of readdirSync("icons")) {
      const answer = await get(`/icons/${PACKAGE}/${icon}`);
      assert.equal(answer.status, 200, icon);
      assert.match(await answer.text(), /<svg/);
    }
  });

  it("serves the labels of every node", async () => {
    const labels = (await (await get("/nodes/messages?lng=en-US")).json()) as Record<string, Record<string, unknown>>;

    for (const type of TYPES) assert.ok(labels[`${PACKAGE}/${type}`]?.[type], type);
  });

  it("serves the script, the style sheet and the texts that the dialogs share", async () => {
    const page = await (await get("/plugins", "text/html")).text();
    const sources = [...page.matchAll(/src="(resources\/@homenet[^"]*)"/g)].map(([, source]) => source ?? "");
    const texts = (await (await get("/plugins/messages?lng=en-US")).json()) as Record<string, Record<string, unknown>>;

    assert.ok(sources.length > 0);
    for (const file of [...sources, `resources/${PACKAGE}/editor.css`])
      assert.equal((await get(`/${file}`)).status, 200, file);
    assert.ok(texts[`${PACKAGE}/homenet-editor`]?.["test"]);
  });

  it("offers every example for import", async () => {
    const files = readdirSync("examples", { recursive: true, encoding: "utf8" });
    for (const file of files.filter((one) => one.endsWith(".json"))) {
      const name = file
        .replace(/\.json$/, "")
        .split(sep)
        .map(encodeURIComponent)
        .join("/");
      const answer = await get(`/library/examples/flows/${PACKAGE}/${name}`);
      assert.equal(answer.status, 200, file);
      assert.ok(Array.isArray(await answer.json()));
    }
  });
});

function startNodeRed(userDir: string): ChildProcess {
  const settings = {
    uiHost: "127.0.0.1",
    uiPort: 0,
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, palette: { catalogues: [] } },
  };
  writeFileSync(join(userDir, "settings.js"), `module.exports = ${JSON.stringify(settings)};`);
  return spawn(process.execPath, [join(NODE_RED, "red.js"), "-u", userDir], { stdio: ["ignore", "pipe", "inherit"] });
}

// The address that it says; its flows may run before the door is open, and the other way round.
function listening(runtime: ChildProcess): Promise<string> {
  let log = "";
  return new Promise((done, fail) => {
    runtime.once("exit", (code) => fail(new Error(`Node-RED ended with ${code}`)));
    runtime.stdout?.on("data", (text: Buffer) => {
      log += text.toString();
      const url = addressIn(log);
      if (url && log.includes("Started flows")) done(url);
    });
  });
}
