// Generates src/peplink/endpoints.json, the table of documented endpoints, from the facts in the vendor's documents:
// methods, names, parameters, first firmware and stability.
//
//   node scripts/generate/peplink-endpoints.mjs <peplink-endpoints.json>
//
// A row is [method, endpoint, effect, since, stability, parameters]; a required parameter has an asterisk.
import { readFileSync, writeFileSync } from "node:fs";

const [file] = process.argv.slice(2);
if (!file) {
  console.error("Usage: node scripts/generate/peplink-endpoints.mjs <peplink-endpoints.json>");
  process.exit(2);
}
const { documented, undocumented } = JSON.parse(readFileSync(file, "utf8"));

// "id:list, lite:yes|no" → "id lite". What is in brackets or braces describes the parameter before it.
const parseParameters = (text = "") =>
  text
    .replace(/^not seen$|\s+OR\s+.*/, "")
    .replace(/^.*8\.3\.0\+:/, "") // after the parameters of an older firmware
    .replace(/\([^)]*\)/g, "")
    .replace(/[[{](?:[^[\]{}]|[[{](?:[^[\]{}]|[[{][^[\]{}]*[\]}])*[\]}])*[\]}]/g, "")
    .split(/[,;]/)
    .map((parameter) => parameter.trim().match(/^([a-z]\w*)(\*?)/i))
    .flatMap((match) => (match ? [match[1] + match[2]] : []))
    .join(" ");

// Endpoints without a version are in the list of 8.5.2, and in no document before it.
const firstVersion = (since) => since.match(/\d+\.\d+\.\d+/)?.[0] ?? "8.5.2";

const rows = [
  ...Object.values(documented)
    .filter(({ effect }) => effect !== "auth")
    .map(({ method, endpoint, effect, since, stability, params }) => [
      method,
      endpoint,
      effect,
      firstVersion(since),
      stability,
      parseParameters(params),
    ]),
  ...undocumented
    .filter(({ endpoint }) => /^[a-zA-Z.]+\.[a-zA-Z.]+$/.test(endpoint))
    .flatMap(({ method: methods, endpoint }) =>
      methods
        .split("/")
        .map((method) => [method, endpoint, method === "GET" ? "read" : "config", "", "undocumented", ""]),
    ),
].filter(([, endpoint]) => /^(status|info|config|cmd)\./.test(endpoint));

const byName = new Map(rows.toReversed().map((row) => [`${row[0]} ${row[1]}`, row]));
const lines = [...byName.values()].map((row) => `  ${JSON.stringify(row)}`).toSorted();
writeFileSync(new URL("../../src/peplink/endpoints.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);
console.log(`${byName.size} endpoints`);
