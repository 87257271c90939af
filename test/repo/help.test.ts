import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { expandHelp } from "../../scripts/build/partials";
import { catalogOf, dialogOf, NODE_TYPES } from "./dialog-definition";
import { NODE_CONTRACTS } from "./node-contracts";

const ERROR_CODES =
  "input config sign-in forbidden not-found rejected unsupported offline busy network tls timeout protocol cancelled".split(
    " ",
  );

for (const type of NODE_TYPES) {
  describe(`The English help of ${type}`, () => {
    const contract = NODE_CONTRACTS[type];
    if (!contract) return;
    const help = expandHelp("en-US", type);
    const isConfig = dialogOf(type).definition.category === "config";

    it("begins with the tooltip, and has the sections of Node-RED's style guide", () => {
      assert.match(help, new RegExp(`^<script type="text/html" data-help-name="${type}">\\s*<p>`));
      assert.doesNotMatch(help, /<\/?[bi]>|<h[125]>/);
      const titles = [...help.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, title]) => title);
      const body = ["Details", "Errors", "References"];
      const message = contract.isTrigger ? ["Outputs"] : ["Inputs", "Outputs"];
      assert.deepEqual(titles, isConfig ? ["Settings", ...body] : [...message, ...body]);
    });

    it("explains every setting by its label", () => {
      const explained = terms(help);
      const catalog = catalogOf(type, "en-US");
      const saved = [...Object.keys(contract.defaults), ...Object.keys(contract.credentials ?? {})];
      const settings = saved.filter((name) => name !== "name" && !saved.some((other) => name === `${other}Type`));
      const labels = ["Name", ...settings.map((name) => catalog.get(`${type}.label.${name}`) ?? `no label: ${name}`)];
      const missing = labels.filter((label) => !explained.includes(label));
      assert.deepEqual(missing, []);
    });

    if (!isConfig) {
      it("explains every property of the message", () => {
        assert.deepEqual(terms(section(help, "Inputs")).toSorted(), (contract.reads ?? []).toSorted());
        const outputs = section(help, "Outputs");
        const expected = contract.isTrigger ? ["topic", "payload"] : ["payload", "statusCode", "api"];
        for (const name of expected) assert.ok(terms(outputs).includes(name), name);
        const codes = [...outputs.matchAll(/<code>(.*?)<\/code>/g)].map(([, code = ""]) => code);
        const properties = terms(outputs).flatMap((term) => term.split(", "));
        const explained = [...properties.map((name) => name.replace(/^api\./, "")), ...codes];
        const common = contract.isTrigger ? [] : ["platform", "operation", "attempts", "durationMs"];
        for (const name of [...common, ...(contract.sets ?? [])]) assert.ok(explained.includes(name), name);
      });
    }

    it("says what to do about errors: a config node about all, another node about what is special", () => {
      const explained = terms(section(help, "Errors")).flatMap((term) => term.split(", "));
      const unknown = explained.filter((code) => !ERROR_CODES.includes(code));
      assert.deepEqual(unknown, []);
      // What is the same everywhere stands once, in the help of the config node.
      for (const code of contract.errors ?? (isConfig ? ERROR_CODES : [])) assert.ok(explained.includes(code), code);
    });

    it("has a translation into every language, and so has every label", () => {
      for (const language of readdirSync("nodes/locales")) {
        const keys = (name: string): string[] => [...catalogOf(type, name).keys()].toSorted();
        assert.deepEqual(keys(language), keys("en-US"), language);
        const translated = expandHelp(language, type);
        for (const tag of ["<h3>", "<dt"]) assert.equal(translated.split(tag).length, help.split(tag).length, language);
      }
    });
  });
}

/** The part below a heading. */
function section(help: string, title: string): string {
  return help.split(`<h3>${title}</h3>`)[1]?.split("<h3>")[0] ?? "";
}

/** What the definition lists explain. */
function terms(help: string): string[] {
  const bare = [...help.matchAll(/<dt[^>]*>([^]*?)<\/dt>/g)].map(([, term = ""]) => term.replace(/<span[^]*/, ""));
  return bare.map((term) => term.replace(/\s+/g, " ").trim());
}
