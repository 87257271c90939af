// Makes src/peplink/endpoints.json, the bundled table of the router's endpoints, from the facts gathered about them.
// Facts alone are taken: methods, names, parameters, since when, how stable the vendor says they are.
//
//   node scripts/generate/peplink-endpoints.mjs <peplink-endpoints.json>
//
// A row is [method, endpoint, effect, since, stability, parameters]; a parameter with an asterisk must be given.
import { readFileSync, writeFileSync } from "node:fs";

const [file] = process.argv.slice(2);
if (!file) {
  console.error("The file of facts is needed.");
  process.exit(2);
}
const { documented, undocumented } = JSON.parse(readFileSync(file, "utf8"));

// "id:list, lite:yes|no" → "id lite"; what stands in braces belongs to the parameter before it.
const names = (params = "") =>
  params
    .replace(/^not seen$|\s+OR\s+.*/, "")
    .replace(/^.*8\.3\.0\+:/, "") // an older firmware's parameters stand before it
    .replace(/\([^)]*\)/g, "")
    .replace(/[[{](?:[^[\]{}]|[[{](?:[^[\]{}]|[[{][^[\]{}]*[\]}])*[\]}])*[\]}]/g, "")
    .split(/[,;]/)
    .map((one) => one.trim().match(/^([a-z]\w*)(\*?)/i))
    .flatMap((match) => (match ? [match[1] + match[2]] : []))
    .join(" ");

// Those without a number are in the 8.5.2 list of names and in no document before it.
const first = (since) => since.match(/\d+\.\d+\.\d+/)?.[0] ?? "8.5.2";

const rows = [
  ...Object.values(documented)
    .filter(({ effect }) => effect !== "auth")
    .map(({ method, endpoint, effect, since, stability, params }) => [
      method,
      endpoint,
      effect,
      first(since),
      stability,
      names(params),
    ]),
  ...undocumented
    .filter(({ endpoint }) => /^[a-zA-Z.]+\.[a-zA-Z.]+$/.test(endpoint))
    .flatMap(({ method, endpoint }) =>
      method.split("/").map((one) => [one, endpoint, one === "GET" ? "read" : "config", "", "undocumented", ""]),
    ),
].filter(([, endpoint]) => /^(status|info|config|cmd)\./.test(endpoint));

const seen = new Set();
const unique = rows.filter(
  ([method, endpoint]) => !seen.has(`${method} ${endpoint}`) && seen.add(`${method} ${endpoint}`),
);
const lines = unique.map((row) => `  ${JSON.stringify(row)}`).sort();
writeFileSync(new URL("../../src/peplink/endpoints.json", import.meta.url), `[\n${lines.join(",\n")}\n]\n`);
console.log(`${unique.length} endpoints`);
