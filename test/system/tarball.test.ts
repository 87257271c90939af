import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { runInNewContext } from "node:vm";
import { expandHelp } from "../../scripts/build/partials";
import { unpack } from "../support/harness/packed-package";

const NAME = "@homenet/node-red-homenet";
/** See docs/decisions/0011-package-size.md. */
const MAX_BYTES = 1_400_000;
const COMPRESSED = ["omada/operations.json"];
/** Saved properties are declared by the node that reads them, or here for several nodes. */
const SHARED = {
  ConfigNodeDef: "shared/config-node",
  TriggerDef: "shared/trigger-node",
  ActDef: "shared/act-input",
  NodeDef: undefined,
} as const;

describe("The packed tarball", () => {
  const folder = mkdtempSync(join(tmpdir(), "homenet-tarball-"));
  const installed = join(folder, "node_modules", NAME);
  const read = (file: string): string => readFileSync(join(installed, file), "utf8");
  let types: string[];

  before(() => {
    unpack(installed);
    const manifest = JSON.parse(read("package.json")) as { "node-red": { nodes: object } };
    types = Object.keys(manifest["node-red"].nodes);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("contains what a user needs, and nothing that only a developer needs", () => {
    const built = (source: string): string => `dist/${source.replace(/\.ts$/, ".js")}`;
    const expected = [
      "LICENSE",
      "README.md",
      "package.json",
      "resources/editor.css",
      "resources/editor.js",
      ...filesIn("examples", ".json").map((file) => `examples/${file}`),
      ...filesIn("icons", ".svg").map((file) => `dist/nodes/icons/${file}`),
      ...filesIn("nodes", ".html")
        .filter((file) => !/\bpartials\b/.test(file))
        .map((file) => `dist/nodes/${file}`),
      ...filesIn("nodes/locales", ".json").map((file) => `dist/nodes/locales/${file}`),
      ...filesIn("src", ".json").map((file) => `dist/src/${file}${COMPRESSED.includes(file) ? ".br" : ""}`),
      ...filesIn("src", ".ts").map((file) => built(`src/${file}`)),
      ...filesIn("nodes", ".ts")
        .filter((file) => !file.startsWith("editor"))
        .map((file) => built(`nodes/${file}`)),
    ];
    const isDeclaration = (file: string): boolean => file.endsWith(".d.ts");
    const packed = filesIn(installed, "");
    assert.deepEqual(packed.filter((file) => !isDeclaration(file)).toSorted(), expected.toSorted());
    const sources = packed.filter(isDeclaration).map((file) => file.replace(/^dist\/(.*)\.d\.ts$/, "$1.ts"));
    assert.ok(sources.includes("src/index.ts") && !sources.includes("src/polling/poller.ts"));
    assert.deepEqual(
      sources.filter((file) => !existsSync(file)),
      [],
    );
  });

  it(`is smaller than ${MAX_BYTES / 1000} KB when it is unpacked`, () => {
    const bytes = filesIn(installed, "").map((file) => statSync(join(installed, file)).size);
    const total = bytes.reduce((sum, size) => sum + size, 0);
    assert.ok(total < MAX_BYTES, `${total} bytes`);
  });

  it("leaves the source maps to the build, which shows the TypeScript in a stack trace", () => {
    const program = `require(${JSON.stringify(resolve("dist/src/http/server-address"))}).parseServerAddress("ftp://a")`;
    const { stderr } = spawnSync(process.execPath, ["--enable-source-maps", "-e", program], { encoding: "utf8" });
    const places = [...stderr.matchAll(/ at .*?[/\\](src[/\\][\w/\\-]+\.ts):(\d+)/g)];
    const lines = places.map(([, file = "", line]) => readFileSync(file, "utf8").split("\n")[Number(line) - 1] ?? "");
    assert.match(lines[0] ?? stderr, /\bPlatformError\(|super\(/);
    assert.ok(
      places.some(([, file]) => file === "src/http/server-address.ts"),
      stderr,
    );
  });

  it("declares its clients to whoever writes TypeScript", function () {
    this.timeout(60_000);
    writeFileSync(
      join(folder, "user.ts"),
      `import { parseServerAddress, PeplinkClient, systemClock, Transport } from "${NAME}";
       import type { KasaClient, OmadaClient, PeplinkSettings } from "${NAME}";
       const transport = new Transport({ timeoutMs: 1000, tls: {}, concurrency: 1, clock: systemClock });
       const server = parseServerAddress("https://192.168.1.1");
       const settings: PeplinkSettings = {
         server, mode: "user", username: "a", password: "b", clientId: "", clientSecret: ""
       };
       export const client: PeplinkClient = new PeplinkClient(settings, transport, systemClock);
       export const close = (client: KasaClient | OmadaClient | PeplinkClient): void => client.close();
       // @ts-expect-error Without declarations any method would be accepted.
       export const unknown = (client: KasaClient): void => client.unknown();`,
    );
    const options = "--ignoreConfig --noEmit --strict --target es2023 --module node16 --types node".split(" ");
    const roots = ["--typeRoots", resolve("node_modules/@types")];
    const tsc = resolve("node_modules/typescript/bin/tsc");
    execFileSync(process.execPath, [tsc, ...options, ...roots, join(folder, "user.ts")], { stdio: "pipe" });
  });

  it("exports its clients to other programs, but no path inside", () => {
    const run = (expression: string): string => {
      const options = { cwd: folder, encoding: "utf8" } as const;
      return spawnSync(process.execPath, ["-p", expression], options).stdout.trim();
    };
    assert.match(
      run(`Object.keys(require("${NAME}")).sort().join(" ")`),
      /KasaClient.*OmadaClient.*PeplinkClient.*Transport/,
    );
    assert.equal(run(`require("${NAME}/package.json").name`), NAME);
    assert.equal(
      run(`try { require("${NAME}/dist/src/kasa/client") } catch ({ code }) { code }`),
      "ERR_PACKAGE_PATH_NOT_EXPORTED",
    );
  });

  it("registers every type as a literal that the flow library can parse", () => {
    for (const type of types) {
      const html = read(`dist/nodes/${type}.html`);
      const [script = "", ...others] = [...html.matchAll(/<script type="text\/javascript">([^]*?)<\/script>/g)].map(
        ([, text]) => text ?? "",
      );
      assert.equal(others.length, 0, type);
      const registered = /^\s*RED\.nodes\.registerType\("([\w-]+)", \{/.exec(script);
      assert.equal(registered?.[1], type);
      for (const property of ["category", "color", "icon"])
        assert.match(script, new RegExp(`\n {4}${property}: "[^"]+",`), `${type} ${property}`);
      if (!/category: "config"/.test(script))
        for (const property of ["inputs", "outputs"])
          assert.match(script, new RegExp(`\n {4}${property}: [01],`), `${type} ${property}`);
      assert.notEqual(defaultsIn(html).length, 0, type);
    }
  });

  it("saves exactly the properties and credentials that the runtime reads", () => {
    for (const type of types) {
      const html = read(`dist/nodes/${type}.html`);
      const saved = defaultsIn(html).filter((name, _, all) => name !== "name" && !all.includes(name.slice(0, -4)));
      const { own, shared } = readBy(type);
      assert.deepEqual(
        saved.filter((name) => !own.includes(name) && !shared.includes(name)),
        [],
        `${type} saves properties that are not read`,
      );
      assert.deepEqual(
        own.filter((name) => !saved.includes(name)),
        [],
        `${type} reads properties that are not saved`,
      );
      const kept = /\n {4}credentials: (\{[^]*?\n {4}\}|\{.*\}),/.exec(html)?.[1] ?? "{}";
      assert.deepEqual(valueOf(kept), valueOf(credentialsIn(read(`dist/nodes/${type}.js`))), type);
    }
  });

  it("has an example, an icon and a help text in each language for every type", () => {
    const flows = filesIn(join(installed, "examples"), ".json").map((file) => read(`examples/${file}`));
    for (const type of types) {
      assert.ok(
        flows.some((flow) => (JSON.parse(flow) as { type: string }[]).some((node) => node.type === type)),
        `no example of ${type}`,
      );
      const icon = /\n {4}icon: "([^"]+)"/.exec(read(`dist/nodes/${type}.html`))?.[1];
      assert.match(read(`dist/nodes/icons/${icon}`), /^<svg/);
      for (const language of readdirSync(join(installed, "dist/nodes/locales"))) {
        const help = read(`dist/nodes/locales/${language}/${type}.html`);
        assert.ok(help.startsWith(`<script type="text/html" data-help-name="${type}">`), `${language} ${type}`);
        assert.equal(textOf(help), textOf(expandHelp(language, type)));
      }
    }
  });

  // What node-red-dev checks beyond the tests above; its N01 and P08 need the library's whole catalogue.
  it("passes the flow library's scorecard, except for the newest undici, which needs Node.js 22", () => {
    const manifest = JSON.parse(read("package.json")) as Record<string, unknown> & {
      name: string;
      keywords: string[];
      engines: { node: string };
      dependencies: Record<string, string>;
      "node-red": { version: string };
    };
    assert.ok(manifest["license"], "P01");
    assert.ok(manifest["repository"] && manifest["bugs"], "P03");
    assert.match(manifest.name, /^@[a-z\d][\w-.]+\/[a-z\d][\w-.]*$/, "P04");
    assert.ok(manifest.keywords.includes("node-red"), "P05");
    assert.match(manifest["node-red"].version, /^>=4\.\d+\.\d+$/, "P06");
    // Node-RED 5 runs from 22.9 on.
    const [, major, minor] = /^>=(\d+)\.(\d+)\.\d+$/.exec(manifest.engines.node) ?? [];
    assert.ok(Number(major) * 100 + Number(minor) <= 2209, "P07");
    for (const type of types) assert.match(type, /^(kasa|omada|peplink|router)-/, "N01");
    // Neither has dependencies of its own, which is what D02 is about; D03 wants the latest of both.
    assert.deepEqual(Object.keys(manifest.dependencies), ["undici", "zod"], "D01");
    for (const name of Object.keys(manifest.dependencies)) {
      const { dependencies = {} } = JSON.parse(read(`../../${name}/package.json`)) as { dependencies?: object };
      assert.deepEqual(dependencies, {}, `D02 ${name}`);
    }
  });
});

/** The saved properties that the runtime of a type reads: those that its own source names, and those of its kind. */
function readBy(type: string): { own: string[]; shared: string[] } {
  const source = readFileSync(`nodes/${type}.ts`, "utf8");
  const [, bases = "NodeDef", fields = ""] = /interface \w+Def extends ([\w, ]+) \{([^]*?)\n\}/.exec(source) ?? [];
  const whole = ["params", "body"].filter((name) => source.includes(`input.${name}(`));
  const shared = bases.split(", ").flatMap((base) => {
    const module = SHARED[base as keyof typeof SHARED];
    if (!module) return [];
    const code = readFileSync(`nodes/${module}.ts`, "utf8");
    return [...namesIn(code.split(`interface ${base} `)[1]?.split("\n}")[0] ?? ""), ...valuesIn(code)];
  });
  return { own: [...namesIn(fields), ...valuesIn(source), ...whole], shared };
}

function valuesIn(code: string): string[] {
  return [...code.matchAll(/input\.(?:text|value|setting)\("(\w+)"/g)].map(([, name]) => name ?? "");
}

function namesIn(fields: string): string[] {
  return [...fields.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name ?? "");
}

function defaultsIn(html: string): string[] {
  const defaults = /\n {4}defaults: \{\n([^]*?)\n {4}\},/.exec(html)?.[1] ?? "";
  return [...defaults.matchAll(/^ {6}(\w+): \{/gm)].map(([, name]) => name ?? "");
}

function credentialsIn(script: string): string {
  return /\bcredentials: ?(\{(?:[^{}]|\{[^{}]*\})*\})/.exec(script.split("registerType(")[1] ?? "")?.[1] ?? "{}";
}

function valueOf(literal: string): unknown {
  return JSON.parse(runInNewContext(`JSON.stringify(${literal})`) as string);
}

function textOf(html: string): string {
  return html
    .replace(/<\/?(?:dd|dl|dt|h3|li|ol|p|pre|table|tbody|td|th|thead|tr|ul)\b[^>]*>|\s/g, " ")
    .replace(/ +/g, " ");
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}
