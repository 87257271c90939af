import { type FlowNode, type NodeRed } from "../../support/harness/node-red";
import type { SecretsFixture } from "./fixture";
import type { Sightings } from "./sinks";

/** Node-RED's placeholder for what the runtime keeps. */
const KEPT = "__PWRD__";
const SECRETS = ["password", "clientSecret", "refreshToken"];
const LISTS: Readonly<Record<string, readonly string[]>> = {
  "kasa-account": ["devices", "outlets?device=Desk"],
  "omada-controller": ["sites", "devices?site=Harbour", "aps?site=Harbour", "clients?site=Harbour"],
  "peplink-router": ["wans", "wan", "allowance", "clients", "vpn"],
};

/** The admin API as somebody sees it who may see everything. */
export class Admin {
  readonly #url: string;
  readonly #sightings: Sightings;

  constructor({ url }: NodeRed, sightings: Sightings) {
    this.#url = url;
    this.#sightings = sightings;
  }

  /** Looks at what Node-RED shows of nodes that are deployed. */
  async flows(nodes: readonly FlowNode[]): Promise<void> {
    const owners = nodes.filter(({ credentials }) => credentials);
    const paths = ["/flows", "/flow/global", "/flow/test-tab", "/context/global", "/context/flow/test-tab"];
    const ofNodes = nodes.map(({ id }) => `/context/node/${encodeURIComponent(id)}`);
    const credentials = owners.map(({ id, type }) => `/credentials/${type}/${encodeURIComponent(id)}`);
    await Promise.all([...paths, ...ofNodes, ...credentials].map((path) => this.#get(path)));
    await this.#get("/flows", { "Node-RED-API-Version": "v2" });
  }

  /** What it shows of the global context, as text. */
  async context(): Promise<string> {
    return (await fetch(`${this.#url}/context/global`)).text();
  }

  /** Looks at what it shows of itself and of the package. */
  async runtime(): Promise<void> {
    const paths = ["/settings", "/settings/user", "/nodes", "/plugins", "/icons", "/diagnostics", "/locales/nodes"];
    await Promise.all(paths.map((path) => this.#get(path)));
    await this.#get("/nodes", { accept: "text/html" });
  }

  /** Looks at what our own dialogs are told, by saved and unsaved config nodes. */
  async dialogs(nodes: readonly FlowNode[], { router }: SecretsFixture): Promise<void> {
    const asked = nodes.flatMap((node) => {
      const { id, type, credentials } = node;
      const lists = LISTS[type];
      if (!lists || !credentials) return [];
      const path = `/homenet/${type}`;
      const admin = { username: router.username, password: router.password };
      return [
        this.#post(`${path}/test`, typed(node)),
        this.#post(`${path}/test`, typed(node, kept(credentials))),
        ...(type === "kasa-account" ? [this.#post(`${path}/refreshToken`, typed(node))] : []),
        ...(type === "peplink-router"
          ? [this.#post(`${path}/client`, { ...typed(node), admin, name: "dialog", scope: "api" })]
          : []),
        ...lists.map((list) => this.#get(`${path}/${encodeURIComponent(id)}/${list}`)),
        ...(type === "omada-controller" ? this.#operations(id) : []),
      ];
    });
    await Promise.all([...asked, this.#get("/homenet/endpoints")]);
  }

  #operations(id: string): Promise<void>[] {
    const path = `/homenet/operations/${encodeURIComponent(id)}`;
    const form = `${path}/form?method=GET&path=${encodeURIComponent("/openapi/v1/{omadacId}/sites")}`;
    return [this.#get(`${path}?for=read&words=wireless`), this.#get(form)];
  }

  #post(path: string, body: object): Promise<void> {
    const headers = { "content-type": "application/json" };
    return this.#ask(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  #get(path: string, headers: Record<string, string> = {}): Promise<void> {
    return this.#ask(path, { headers: { accept: "application/json", ...headers } });
  }

  async #ask(path: string, request: RequestInit): Promise<void> {
    const response = await fetch(this.#url + path, request);
    const text = await response.text();
    if (response.status >= 500) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`);
    const [, first = "", , what] = path.split(/[/?]/);
    const place = first === "homenet" ? `dialog, ${what}` : `admin, ${first}`;
    this.#sightings.look(place, `${[...response.headers].join("\n")}\n${text}`);
  }
}

function typed({ id, credentials, type: _type, ...settings }: FlowNode, changed = credentials): object {
  const texts = Object.entries(settings).map(([name, value]) => [
    name,
    String((value as string | number | undefined) ?? ""),
  ]);
  return { id, settings: Object.fromEntries(texts) as object, credentials: changed };
}

function kept(credentials: Record<string, string>): Record<string, string> {
  const pairs = Object.entries(credentials).map(([name, value]) => [name, SECRETS.includes(name) ? KEPT : value]);
  return Object.fromEntries(pairs) as Record<string, string>;
}
