import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, resolve } from "node:path";

const ROOT = resolve(".");
const MAX_FILE_LINES = 300;

/** One arrow: a file needs something. */
interface Arrow {
  from: string;
  /** A file of ours, or the name of a package. */
  to: string;
  /** Whether only its types are needed, so that nothing is loaded. */
  typeOnly: boolean;
}

const files = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll("\\", "/"))
    .toSorted();

const text = (file: string): string => readFileSync(join(ROOT, file), "utf8");

const src = files("src");
const nodes = files("nodes");

const layerOf = (file: string): string => /^src\/([^/]+)\//.exec(file)?.[1] ?? "";

/** The layers of the core, each with the layers that it may import. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  core: [],
  http: ["core"],
  persistence: ["core"],
  session: ["core", "persistence"],
  polling: ["core", "persistence"],
  acts: ["core"],
};
const folders = new Set(src.map(layerOf).filter((folder) => folder !== ""));
const PLATFORMS = [...folders].filter((folder) => !Object.hasOwn(LAYERS, folder)).toSorted();

/**
 * The folders of src/kasa, each with the folders that it may import. Any transport can carry any protocol, so that neither
 * knows the other.
 */
const KASA_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  cloud: [],
  protocols: [],
  transports: ["cloud"],
  devices: ["cloud", "protocols", "transports"],
};

const isCore = (file: string): boolean => Object.hasOwn(LAYERS, layerOf(file));

// In every form in which one file can name another: import, export … from, import(), require(), typeof import().
function arrows(file: string): Arrow[] {
  const code = text(file).replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, "");
  const named = /^(?:import|export)\s+(type\s+)?(?:[\w*{][^;"']*?\sfrom\s+)?["']([^"']+)["']/gm;
  const statements = [...code.matchAll(named)];
  const calls = [...code.matchAll(/(typeof\s+)?\b(?:require|import)\(\s*["'`]([^"'`]+)["'`]\s*\)/g)];
  return [
    ...statements.map(([whole, type, to]) => ({ to, typeOnly: type !== undefined || onlyTypes(whole) })),
    ...calls.map(([, type, to]) => ({ to, typeOnly: type !== undefined })),
  ].map(({ to = "", typeOnly }) => ({ from: file, to: resolved(file, to), typeOnly }));
}

// import { type A, type B } from "c"
function onlyTypes(statement: string): boolean {
  const [, names] = /\{([^}]*)\}/.exec(statement) ?? [];
  return names !== undefined && names.split(",").every((name) => /^\s*(type\s|$)/.test(name));
}

function resolved(from: string, to: string): string {
  if (!to.startsWith(".")) return to;
  const path = posix.join(posix.dirname(from), to);
  return /\.\w+$/.test(path) ? path : `${path}.ts`;
}

/** The simulators and what they are made of; the same folder holds tests of them, with helpers. */
function reached(from: string, known = new Set<string>()): Set<string> {
  if (known.has(from) || !from.startsWith("test/support/simulators/")) return known;
  known.add(from);
  for (const { to } of arrows(from)) reached(to, known);
  return known;
}

const simulators = [...reached("test/support/simulators/main.ts")];

/** The arrows of some files that a rule does not allow, as text. */
function forbidden(from: readonly string[], allowed: (arrow: Arrow) => boolean): string[] {
  return from
    .flatMap(arrows)
    .filter((arrow) => !allowed(arrow))
    .map((arrow) => `${arrow.from} → ${arrow.to}${arrow.typeOnly ? " (types)" : ""}`);
}

const isNode = ({ to }: Arrow): boolean => to.startsWith("node:");

describe("The arrows", () => {
  it("are read from the files at all", () => {
    assert.ok(src.length > 10 && nodes.length > 5 && simulators.length > 5);
    assert.deepEqual(PLATFORMS, ["kasa", "omada", "peplink"]);
    const known = [...src, ...nodes].flatMap(arrows).map(({ from, to, typeOnly }) => `${from} ${to} ${typeOnly}`);
    for (const arrow of [
      "src/http/transport.ts undici true",
      "src/http/transport.ts undici false",
      "src/http/response.ts zod true",
      "src/kasa/cloud/api.ts src/session/session.ts false",
      "src/omada/operations.ts src/omada/operations.json false",
      "nodes/shared/action-node.ts node-red true",
      "nodes/kasa-account.ts src/kasa/client.ts false",
    ]) {
      assert.ok(known.includes(arrow), arrow);
    }
  });

  /** The packages that a layer may import; `types`: without loading them. */
  const PACKAGES: Readonly<Record<string, Readonly<Record<string, "types" | "values">>>> = {
    http: { undici: "values", zod: "types" },
    persistence: { "@redis/client": "values" },
    session: { zod: "values" },
  };
  for (const [layer, below] of Object.entries(LAYERS)) {
    const packages = PACKAGES[layer] ?? {};
    const named = Object.entries(packages).map(([name, what]) => `${name} (${what})`);
    it(`lead from ${layer} to ${[layer, ...below, ...named].join(", ")} and Node`, () => {
      const allowed = ({ to, typeOnly }: Arrow): boolean =>
        [layer, ...below].includes(layerOf(to)) ||
        (Object.hasOwn(packages, to) && (typeOnly || packages[to] === "values")) ||
        isNode({ from: "", to, typeOnly });
      assert.deepEqual(
        forbidden(
          src.filter((file) => layerOf(file) === layer),
          allowed,
        ),
        [],
      );
    });
  }

  it("lead from src/index.ts to the rest of src, and from nowhere to it: a node loads its own platform alone", () => {
    assert.deepEqual(
      forbidden(["src/index.ts"], ({ to }) => to.startsWith("src/")),
      [],
    );
    assert.deepEqual(
      forbidden([...src, ...nodes], ({ to }) => to !== "src/index.ts"),
      [],
    );
  });

  for (const platform of PLATFORMS) {
    it(`lead from ${platform} to itself, the core, zod and Node, and to no other platform`, () => {
      const own = `src/${platform}/`;
      const allowed = (arrow: Arrow): boolean =>
        arrow.to.startsWith(own) || isCore(arrow.to) || arrow.to === "zod" || isNode(arrow);
      const from = src.filter((file) => file.startsWith(own));
      assert.deepEqual(forbidden(from, allowed), []);
    });
  }

  for (const [folder, below] of Object.entries(KASA_FOLDERS)) {
    it(`lead inside kasa from ${folder} to ${[folder, ...below].join(", ")} and the vocabulary beside them`, () => {
      const allowed = ({ to }: Arrow): boolean =>
        !to.startsWith("src/kasa/") ||
        /^src\/kasa\/(device|device-setting|countdown|history|schedule|zoned-time|array-schemas|nickname)\.ts$/.test(
          to,
        ) ||
        [folder, ...below].some((one) => to.startsWith(`src/kasa/${one}/`));
      const from = src.filter((file) => file.startsWith(`src/kasa/${folder}/`));
      assert.ok(from.length > 0);
      assert.deepEqual(forbidden(from, allowed), []);
    });
  }

  it("lead from the nodes to each other, the core and its platforms, Node, and to Node-RED for types only", () => {
    const allowed = (arrow: Arrow): boolean =>
      /^(nodes|src)\//.test(arrow.to) || (arrow.to === "node-red" && arrow.typeOnly) || isNode(arrow);
    assert.deepEqual(forbidden(nodes, allowed), []);
  });

  it("lead from the browser's scripts to each other and to what settings and sentences may be, because a browser has nothing else", () => {
    const scripts = nodes.filter((file) => file.startsWith("nodes/editor/"));
    const allowed = ({ to }: Arrow): boolean =>
      /^nodes\/(editor\/|shared\/(limits|event-names|sentences|route-path)\.ts$)/.test(to);
    assert.ok(scripts.length > 5);
    assert.deepEqual(forbidden(scripts, allowed), []);
  });

  it("lead from the simulators to each other and Node, so that they cannot share our mistakes", () => {
    const allowed = (arrow: Arrow): boolean => arrow.to.startsWith("test/support/simulators/") || isNode(arrow);
    assert.deepEqual(forbidden(simulators, allowed), []);
  });

  it("never lead in a circle", () => {
    const graph = new Map([...src, ...nodes, ...simulators].map((file) => [file, arrows(file).map(({ to }) => to)]));
    const done = new Set<string>();
    const walk = (file: string, way: readonly string[]): string[] => {
      if (way.includes(file)) return [...way.slice(way.indexOf(file)), file];
      if (done.has(file)) return [];
      const circle = (graph.get(file) ?? []).map((next) => walk(next, [...way, file])).find(({ length }) => length > 0);
      done.add(file);
      return circle ?? [];
    };
    assert.deepEqual(
      [...graph.keys()].map((file) => walk(file, []).join(" → ")).filter((circle) => circle !== ""),
      [],
    );
  });

  it("lead to files that are there", () => {
    const there = new Set([...src, ...nodes, ...simulators]);
    const ours = forbidden([...src, ...nodes, ...simulators], ({ to }) => !to.endsWith(".ts") || there.has(to));
    assert.deepEqual(ours, []);
  });
});

describe("The house", () => {
  it(`has no file of more than ${MAX_FILE_LINES} lines in src and nodes`, () => {
    const long = [...src, ...nodes].filter((file) => text(file).trimEnd().split("\n").length > MAX_FILE_LINES);
    assert.deepEqual(long, []);
  });

  it("needs nothing at run time but undici and zod", () => {
    const manifest = JSON.parse(text("package.json")) as Record<string, object | undefined>;
    assert.deepEqual(Object.keys(manifest["dependencies"] ?? {}).toSorted(), ["undici", "zod"]);
    for (const kind of ["optionalDependencies", "bundleDependencies"]) assert.equal(manifest[kind], undefined, kind);
    // Only for the context store in Redis, which users load themselves.
    assert.deepEqual(Object.keys(manifest["peerDependencies"] ?? {}), ["@redis/client"]);
    assert.deepEqual(manifest["peerDependenciesMeta"], { "@redis/client": { optional: true } });
  });

  const code = (pattern: RegExp, among: readonly string[]): string[] =>
    among.filter((file) => pattern.test(text(file).replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "")));

  it("writes to no console", () => {
    assert.deepEqual(code(/\bconsole\b/, [...src, ...nodes]), []);
  });

  it("asks the machine for the time in one place", () => {
    assert.deepEqual(code(/\bDate\.now\b|new Date\(\)/, src), ["src/core/clock.ts"]);
  });

  it("never keeps Node-RED waiting for the disk", () => {
    assert.deepEqual(code(/\w+Sync\(/, [...src, ...nodes]), []);
  });

  it("touches nothing that belongs to the whole process", () => {
    const global =
      /\bprocess\.(on|once|env|exit|abort)\b|\bglobalThis\b|setGlobalDispatcher|uncaughtException|unhandledRejection/;
    // Reads the variables of a proxy, which is the only place where Node-RED's own http request does so as well.
    assert.deepEqual(code(global, [...src, ...nodes]), ["nodes/shared/proxy.ts"]);
  });

  it("evaluates no text as code", () => {
    assert.deepEqual(code(/\beval\(|new Function\(|node:(vm|child_process)/, [...src, ...nodes]), []);
  });
});
