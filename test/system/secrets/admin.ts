import { type FlowNode, type NodeRed } from "../../support/harness/node-red";
import type { SecretsFixture } from "./fixture";
import type { Findings } from "./sinks";

/** Node-RED's placeholder for a saved secret. */
const PLACEHOLDER = "__PWRD__";
const SECRETS = ["password", "clientSecret", "refreshToken"];
const LISTS: Readonly<Record<string, readonly string[]>> = {
  "kasa-account": ["devices", "outlets?device=Desk"],
  "omada-controller": ["sites", "devices?site=Harbour", "aps?site=Harbour", "clients?site=Harbour"],
  "peplink-router": ["wans", "wan", "allowance", "clients", "vpn"],
};

/** Searches the responses of the admin API to a user with all permissions. */
export class AdminApi {
  readonly #url: string;
  readonly #findings: Findings;

  constructor({ url }: NodeRed, findings: Findings) {
    this.#url = url;
    this.#findings = findings;
  }

  /** Searches what Node-RED shows of deployed nodes. */
  async searchFlows(nodes: readonly FlowNode[]): Promise<void> {
    const owners = nodes.filter(({ credentials }) => credentials);
    const paths = ["/flows", "/flow/global", "/flow/test-tab", "/context/global", "/context/flow/test-tab"];
    const ofNodes = nodes.map(({ id }) => `/context/node/${encodeURIComponent(id)}`);
    const credentials = owners.map(({ id, type }) => `/credentials/${type}/${encodeURIComponent(id)}`);
    await Promise.all([...paths, ...ofNodes, ...credentials].map((path) => this.#get(path)));
    await this.#get("/flows", { "Node-RED-API-Version": "v2" });
  }

  /** The global context as text. */
  async fetchContext(): Promise<string> {
    return (await fetch(`${this.#url}/context/global`)).text();
  }

  /** Searches what Node-RED shows of itself and of the package. */
  async searchRuntime(): Promise<void> {
    const paths = ["/settings", "/settings/user", "/nodes", "/plugins", "/icons", "/diagnostics", "/locales/nodes"];
    await Promise.all(paths.map((path) => this.#get(path)));
    await this.#get("/nodes", { accept: "text/html" });
  }

  /** Searches the responses to the package's dialogs, for saved and unsaved config nodes. */
  async searchDialogs(nodes: readonly FlowNode[], { router }: SecretsFixture): Promise<void> {
    const requests = nodes.flatMap((node) => {
      const { id, type, credentials } = node;
      const lists = LISTS[type];
      if (!lists || !credentials) return [];
      const path = `/homenet/${type}`;
      const admin = { username: router.username, password: router.password };
      return [
        this.#post(`${path}/test`, dialogInput(node)),
        this.#post(`${path}/test`, dialogInput(node, withPlaceholders(credentials))),
        ...(type === "kasa-account" ? [this.#post(`${path}/refreshToken`, dialogInput(node))] : []),
        ...(type === "peplink-router"
          ? [this.#post(`${path}/client`, { ...dialogInput(node), admin, name: "dialog", scope: "api" })]
          : []),
        ...lists.map((list) => this.#get(`${path}/${encodeURIComponent(id)}/${list}`)),
        ...(type === "omada-controller" ? this.#operations(id) : []),
      ];
    });
    await Promise.all([...requests, this.#get("/homenet/endpoints")]);
  }

  #operations(id: string): Promise<void>[] {
    const path = `/homenet/operations/${encodeURIComponent(id)}`;
    const form = `${path}/form?method=GET&path=${encodeURIComponent("/openapi/v1/{omadacId}/sites")}`;
    return [this.#get(`${path}?for=read&words=wireless`), this.#get(form)];
  }

  #post(path: string, body: object): Promise<void> {
    const headers = { "content-type": "application/json" };
    return this.#request(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  #get(path: string, headers: Record<string, string> = {}): Promise<void> {
    return this.#request(path, { headers: { accept: "application/json", ...headers } });
  }

  async #request(path: string, request: RequestInit): Promise<void> {
    const response = await fetch(this.#url + path, request);
    const text = await response.text();
    if (response.status >= 500) throw new Error(`${path}: ${response.status} ${text.slice(0, 200)}`);
    const [, first = "", , third] = path.split(/[/?]/);
    const place = first === "homenet" ? `dialog, ${third}` : `admin, ${first}`;
    this.#findings.search(place, `${[...response.headers].join("\n")}\n${text}`);
  }
}

function dialogInput({ id, credentials, type: _type, ...settings }: FlowNode, changed = credentials): object {
  const texts = Object.entries(settings).map(([name, value]) => [
    name,
    String((value as string | number | undefined) ?? ""),
  ]);
  return { id, settings: Object.fromEntries(texts) as object, credentials: changed };
}

function withPlaceholders(credentials: Record<string, string>): Record<string, string> {
  const pairs = Object.entries(credentials).map(([name, value]) => [
    name,
    SECRETS.includes(name) ? PLACEHOLDER : value,
  ]);
  return Object.fromEntries(pairs) as Record<string, string>;
}
