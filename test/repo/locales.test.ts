import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { expandDialog, expandHelp } from "../../scripts/build/partials";
import { catalogOf } from "./dialog-definition";

const LOCALES = "nodes/locales";
const ENGLISH = "en-US";
/** Words that give away a text that was not translated. */
const LEFT_ENGLISH: Readonly<Record<string, RegExp>> = {
  de: /\b(the|this|which|with|your|does|blank|until|whether|its|it|is|are|of|for|and|not)\b/i,
  "zh-CN": /\b(the|this|which|with|your|does|blank|until|whether|its|it|is|are|of|for|and|not|und|der|die|das)\b/i,
};
/** Names of the platforms' own, the same in every language. */
const NAMES = ["Authorization code", "Omada ID"];
/** The names of elements that Node-RED's help is made of, and their attributes. */
const ELEMENTS = ["script", "p", "h3", "h4", "dl", "dt", "dd", "span", "code", "pre", "ul", "ol", "li", "a"];
const ATTRIBUTES: Readonly<Record<string, RegExp>> = {
  script: /^ type="text\/html" data-help-name="[\w-]+"$/,
  dl: /^ class="message-properties"$/,
  dt: /^( class="optional")?$/,
  span: /^ class="property-type"$/,
  a: /^ href="https:\/\/[^"]+" target="_blank"$/,
};

/** A piece of help that holds nothing but words, codes and links. */
interface Block {
  element: string;
  html: string;
}

// Examples are code, the same in every language.
const filesOf = (language: string): string[] =>
  readdirSync(`${LOCALES}/${language}`, { recursive: true, encoding: "utf8" })
    .filter((file) => !file.endsWith("examples.html"))
    .toSorted();
const files = readdirSync(`${LOCALES}/${ENGLISH}`);
const catalogs = files.filter((file) => file.endsWith(".json"));
const types = files.filter((file) => file.endsWith(".html")).map((file) => file.replace(".html", ""));
const languages = Object.keys(LEFT_ENGLISH);

describe("The texts of the editor", () => {
  it("are there in English, German and Chinese, with the same files for each", () => {
    assert.deepEqual(readdirSync(LOCALES).toSorted(), [ENGLISH, ...languages].toSorted());
    for (const language of languages) assert.deepEqual(filesOf(language), filesOf(ENGLISH), language);
  });

  it("have exactly the statuses that the runtime shows", () => {
    const source = readFileSync("nodes/shared/node-status.ts", "utf8");
    const shown = [...new Set([...source.matchAll(/this\.#text\("([\w-]+)"\)/g)].map(([, key]) => key ?? ""))];
    const acting = [...shown.filter((key) => !["looking", "watching"].includes(key)), "done"].toSorted();
    // What nodes say of a list, or of a result that is sent as several messages.
    const counts = ["message", "messages", "row", "rows"];
    const statuses = (type: string): string[] => {
      const keys = [...textsOf(ENGLISH, `${type}.json`).keys()].filter((key) => key.startsWith(`${type}.status.`));
      return keys.map((key) => key.replace(`${type}.status.`, "")).toSorted();
    };
    for (const type of types) {
      const template = expandDialog(type);
      const isTrigger = /\binputs: 0\b/.test(template);
      // Some nodes say what is, instead of that they are done.
      const code = template.includes('category: "config"') ? "" : readFileSync(`nodes/${type}.ts`, "utf8");
      const node = code.includes("describeAct") ? code + readFileSync("nodes/shared/act-input.ts", "utf8") : code;
      const own = [...node.matchAll(/\bkey: (?:\w+ \? )?"(\w+)"(?: : "(\w+)")?/g)].flatMap(([, ...keys]) =>
        keys.filter((key) => key !== undefined),
      );
      const expected = isTrigger ? ["looking", "not-configured", "watching"] : [...acting, ...own].toSorted();
      const found = statuses(type).filter((key) => !counts.includes(key));
      assert.deepEqual(found, template.includes('category: "config"') ? [] : expected, type);
    }
  });

  for (const language of languages) {
    it(`have the same keys in ${language} as in English`, () => {
      for (const file of catalogs)
        assert.deepEqual([...textsOf(language, file).keys()], [...textsOf(ENGLISH, file).keys()], file);
    });

    it(`have the same placeholders, properties, addresses and numbers in ${language} as in English`, () => {
      for (const file of catalogs) {
        const translated = textsOf(language, file);
        for (const [key, text] of textsOf(ENGLISH, file))
          assert.deepEqual(fixed(translated.get(key) ?? ""), fixed(text), `${file} ${key}`);
      }
    });

    it(`are all translated into ${language}`, () => {
      for (const file of catalogs) {
        const translated = textsOf(language, file);
        for (const [key, english] of textsOf(ENGLISH, file)) {
          const text = translated.get(key) ?? "";
          assert.equal(text, text.trim(), `${file} ${key}`);
          assert.notEqual(text, "", `${file} ${key}`);
          const words = english.replace(/https?:\S+|__\w+__/g, "").split(/\s+/);
          if (words.length > 1 && !NAMES.includes(english)) assert.notEqual(text, english, `${file} ${key}`);
          assert.doesNotMatch(proseOf(text), LEFT_ENGLISH[language] ?? /^/, `${file} ${key}`);
        }
      }
    });
  }
});

for (const language of [ENGLISH, ...languages]) {
  describe(`The help in ${language}`, () => {
    it("is well-formed, and made of the elements that Node-RED's style guide names", () => {
      for (const type of types) assert.equal(faultOf(helpOf(language, type)), "", type);
    });

    it("explains every saved property by the label that the dialog shows", () => {
      for (const type of types) {
        const labels = textsOf(language, `${type}.json`);
        const saved = savedBy(type).map((name) => labels.get(`${type}.label.${name}`) ?? `no label: ${name}`);
        const explained = terms(helpOf(language, type));
        assert.deepEqual(
          saved.filter((label) => !explained.includes(label)),
          [],
          type,
        );
      }
    });
    if (language === ENGLISH) return;

    it("has the same structure as the English help, and explains the same properties", () => {
      for (const type of types) {
        const labels = [...textsOf(ENGLISH, `${type}.json`).values(), "Name"];
        const [english, translated] = [helpOf(ENGLISH, type), helpOf(language, type)];
        assert.deepEqual(formOf(translated), formOf(english), type);
        const codes = terms(translated);
        for (const [index, term] of terms(english).entries())
          if (!labels.includes(term) || /^[a-z]/.test(term)) assert.equal(codes[index], term, type);
      }
    });

    it("has the same codes, examples, links and numbers as the English help, and no other English text", () => {
      for (const type of types) {
        const translated = blocksOf(helpOf(language, type));
        for (const [index, { element, html: english }] of blocksOf(helpOf(ENGLISH, type)).entries()) {
          const html = translated[index]?.html ?? "";
          if (element === "pre") assert.equal(html, english, type);
          if (element === "pre" || element === "dt") continue;
          assert.deepEqual(fixed(html), fixed(english), `${type}: ${html}`);
          if (proseOf(english).trim().includes(" ")) assert.notEqual(html, english, type);
          assert.doesNotMatch(proseOf(html), LEFT_ENGLISH[language] ?? /^/, `${type}: ${html}`);
        }
      }
    });
  });
}

/** What a translation must not change: codes, links, placeholders, properties of messages, and numbers. */
function fixed(text: string): string[] {
  const codes = [...text.matchAll(/<code>(.*?)<\/code>|href="(.*?)"|(__\w+__|https?:[\w.:/-]*\w|\bmsg\.\w+)/g)];
  // "2-Step Verification" and the like are names, and other languages write them with words.
  const rest = text.replace(/<code>.*?<\/code>|<[^>]*>|https?:[\w.:/-]*\w|\b2-\w+/g, " ");
  const numbers = rest.match(/-?\d+/g) ?? [];
  return [...codes.map(([, code, link, word]) => code ?? link ?? word ?? ""), ...numbers].toSorted();
}

// Quotations may be messages or menus of a platform.
function proseOf(text: string): string {
  return text.replace(/<code>.*?<\/code>|<[^>]*>|[“„][^“”]*[“”]|https?:\S+/g, " ");
}

function formOf(help: string): string[] {
  return [...help.matchAll(/<\/?(\w+)((?:\s[^>]*)?)>/g)]
    .filter(([, element]) => element !== "code")
    .map(([tag]) => tag.replace(/\s+/g, " ").replace(/ ?>/, ">"));
}

function blocksOf(help: string): Block[] {
  return [...help.matchAll(/<(p|dt|dd|li|h3|h4|pre)(?:\s[^>]*)?>([^]*?)<\/\1>/g)].map(
    ([, element = "", html = ""]) => ({
      element,
      html: element === "pre" ? html : html.replace(/\s+/g, " ").replace(/ >/g, ">").trim(),
    }),
  );
}

/** What its definition lists explain. */
function terms(help: string): string[] {
  const lists = blocksOf(help).filter(({ element }) => element === "dt");
  return lists.map(({ html }) => html.replace(/<span.*/, "").trim());
}

/** The saved properties and credentials of a node, by its fields; a typed one is saved as two. */
function savedBy(type: string): string[] {
  const fields = expandDialog(type).matchAll(/\bid="node-(?:config-)?input-(\w+)"/g);
  const names = [...fields].map(([, name]) => name ?? "");
  return names.filter((name) => name !== "name" && !names.some((other) => name === `${other}Type`));
}

/** The first fault in the markup; blank if there is none. */
function faultOf(help: string): string {
  const open: string[] = [];
  for (const [tag, close, element = "", attributes = ""] of help.matchAll(/<(\/?)(\w+)((?:\s[^>]*)?)>/g)) {
    const bare = attributes.replace(/\s+/g, " ").replace(/ $/, "");
    if (!ELEMENTS.includes(element)) return `unknown: ${tag}`;
    if (close ? open.pop() !== element : !(ATTRIBUTES[element] ?? /^$/).test(bare)) return `wrong: ${tag}`;
    if (!close) open.push(element);
  }
  const text = help.replace(/<\/?\w+(?:\s[^>]*)?>/g, "");
  const stray = /[<>]|&(?!(?:lt|gt|amp|quot);)/.exec(text);
  return open.length ? `open: ${open.join(" ")}` : stray ? `stray: ${text.slice(stray.index, stray.index + 20)}` : "";
}

function helpOf(language: string, type: string): string {
  return expandHelp(language, type);
}

function textsOf(language: string, file: string): Map<string, string> {
  return catalogOf(file.replace(".json", ""), language);
}
