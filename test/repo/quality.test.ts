import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { linkExists } from "./markdown";

/** All rules of Home Assistant's quality scale, by tier. */
const RULES: Readonly<Record<string, string>> = {
  Bronze:
    "action-setup appropriate-polling brands common-modules config-flow-test-coverage config-flow " +
    "dependency-transparency docs-actions docs-triggers docs-conditions docs-high-level-description " +
    "docs-installation-instructions docs-removal-instructions entity-event-setup entity-unique-id has-entity-name " +
    "runtime-data test-before-configure test-before-setup unique-config-entry",
  Silver:
    "action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters " +
    "entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage",
  Gold:
    "devices diagnostics discovery-update-info discovery docs-data-update docs-examples docs-known-limitations " +
    "docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices " +
    "entity-category entity-device-class entity-disabled-by-default entity-translations exception-translations " +
    "icon-translations reconfiguration-flow repair-issues stale-devices",
  Platinum: "async-dependency inject-websession strict-typing",
};
const MIN_DONE = 50;

interface Row {
  tier: string;
  rule: string;
  state: string;
  meaning: string;
  proofs: string[];
}

describe("The quality page", () => {
  const rows = parseRows(readFileSync("docs/quality.md", "utf8"));

  it("lists each of the 54 rules once, in its tier", () => {
    const actual = Object.keys(RULES).map((tier) => [
      tier,
      rows.filter((row) => row.tier === tier).map(({ rule }) => rule),
    ]);
    const expected = Object.entries(RULES).map(([tier, rules]) => [tier, rules.split(" ")]);
    assert.deepEqual(actual, expected);
    assert.equal(rows.length, 54);
  });

  it(`marks at least ${MIN_DONE} rules as done, and gives a reason for the others`, () => {
    for (const { rule, state, meaning } of rows) {
      assert.match(state, /^(done|exempt|to do)$/, rule);
      assert.match(meaning, /^.{10,}\.$/, rule);
    }
    const done = rows.filter(({ state }) => state === "done");
    assert.ok(done.length >= MIN_DONE, `${done.length} are done`);
  });

  it("proves each rule that is done by a file, a heading or the title of a test that exists", () => {
    for (const { rule, state, proofs } of rows)
      if (state === "done") assert.ok(proofs.length > 0, `${rule} has no proof`);
    const missing = rows.flatMap(({ rule, proofs }) =>
      proofs.filter((proof) => !exists(proof)).map((proof) => `${rule}: ${proof}`),
    );
    assert.deepEqual(missing, []);
  });
});

function parseRows(text: string): Row[] {
  return text.split(/^## /m).flatMap((section) => {
    const [tier = "", ...lines] = section.split("\n");
    const cells = lines
      .filter((line) => /^\| [a-z]+(-[a-z]+)* +\|/.test(line) && !line.startsWith("| rule "))
      .map((line) => line.split("|").map((cell) => cell.trim()));
    return cells.map(([, rule = "", state = "", meaning = "", shown = ""]) => {
      const proofs = shown.split("<br>").map((proof) => proof.replace(/^`+ ?| ?`+$/g, ""));
      return { tier, rule, state, meaning, proofs: proofs.filter((proof) => proof !== "") };
    });
  });
}

function exists(proof: string): boolean {
  const [link = "", title] = proof.split(/: (.*)/);
  return title === undefined
    ? linkExists(link)
    : existsSync(link) && titlesOf(readFileSync(link, "utf8")).includes(title);
}

function titlesOf(source: string): string[] {
  return [...source.matchAll(/^\s*(?:it|describe)\((["`'])((?:\\.|(?!\1).)*)\1/gm)].map(([, , title]) => title ?? "");
}
