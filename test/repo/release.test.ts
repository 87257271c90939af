import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";

const FOLDER = ".github/workflows";
const workflow = (name: string): string => readFileSync(`${FOLDER}/${name}`, "utf8");

describe("A release", () => {
  it("is tested on every supported pair of Node-RED and Node.js, the same ones as by npm run test:matrix", () => {
    const tested = [...workflow("test.yml").matchAll(/\{ node-red: "([\d.]+)", node: "(\d+)" \}/g)];
    const supported =
      /const SUPPORTED = (\[.*?\]);/.exec(readFileSync("scripts/build/matrix.mjs", "utf8"))?.[1] ?? "[]";
    assert.ok(tested.length > 0);
    assert.deepEqual(
      tested.map(([, nodeRed, node]) => `${nodeRed}/${node}`),
      JSON.parse(supported),
    );
  });

  it("is published after the tests, if the tag is the version, with provenance and without a stored token", () => {
    const jobs = workflow("publish.yml").split("\njobs:\n")[1] ?? "";
    const [, version, test, publish, release] = jobs.split(/^ {2}(?=\w+:\n {4}\w)/m);
    assert.match(version ?? "", /^version:[^]*test "v\$\(node -p .*version.*\)" = "\$GITHUB_REF_NAME"/);
    assert.match(test ?? "", /^test:\n {4}needs: version\n {4}uses: \.\/\.github\/workflows\/test\.yml/);
    assert.match(publish ?? "", /^publish:\n {4}needs: test\n[^]*id-token: write[^]*npm publish .*--provenance/);
    assert.match(release ?? "", /^release:\n {4}needs: publish\n[^]*npm sbom --package-lock-only[^]*gh release create/);
    for (const file of readdirSync(FOLDER)) assert.doesNotMatch(workflow(file), /secrets\.|NODE_AUTH_TOKEN|NPM_TOKEN/);
  });

  it("is built by actions that are pinned by commit and have only read permissions", () => {
    for (const file of readdirSync(FOLDER)) {
      const used = [...workflow(file).matchAll(/uses: (?!\.\/)(\S+)/g)].map(([, action]) => action ?? "");
      assert.ok(used.length > 0, file);
      for (const action of used) assert.match(action, /^actions\/[\w-]+@[0-9a-f]{40}$/, file);
      assert.match(workflow(file), /^permissions:\n {2}contents: read\n$/m, file);
      assert.equal(workflow(file).match(/: write/g)?.length ?? 0, file === "publish.yml" ? 2 : 0, file);
    }
  });

  it("runs no script of a dependency, and needs the approval of a maintainer", () => {
    for (const file of readdirSync(FOLDER)) {
      for (const [install] of workflow(file).matchAll(/npm (?:ci|publish)\b.*/g))
        assert.match(install, /--ignore-scripts/, file);
    }
    assert.match(workflow("publish.yml"), /\n {2}publish:\n[^]*?\n {4}environment: npm\n/);
  });

  it("gets weekly updates of its packages and of the workflows' actions", () => {
    const updates = readFileSync(".github/dependabot.yml", "utf8")
      .split(/^ {2}- package-ecosystem: /m)
      .slice(1);
    assert.deepEqual(
      updates.map((update) => update.split("\n")[0]),
      ["npm", "github-actions"],
    );
    for (const update of updates) assert.match(update, /interval: weekly/);
  });
});
