import { anyScopeReads, checkBody, ENDPOINTS, type Endpoint } from "./endpoints";

/** A value that an endpoint takes. */
export interface Field {
  in: "query" | "body";
  at: readonly [name: string];
  /** `list`: of `items`; `json`: whatever JSON can hold. */
  type: "string" | "integer" | "boolean" | "list" | "json";
  items?: "string" | "integer";
  required: boolean;
  /** All that it can be. */
  choices?: (string | number)[];
}

/** An endpoint as a dialog shows it. */
export interface EndpointForm extends Omit<Endpoint, "params"> {
  fields: Field[];
  /** Which scope the API client must have (peplink.md section 1.4). */
  scope: "api.read-only" | "api";
  /** Whether the node wants it confirmed, whatever is in its body. */
  destroys: boolean;
  /** A body to begin with, where it takes one and somebody has written down which. */
  template?: object;
}

/** What parameters are, by their names: `|` stands between choices, `[]` after what comes several at a time. */
const KINDS: Readonly<Record<string, string>> = {
  ...of("integer", "connId vlanId size start timestamp from to"),
  ...of("boolean", "lite activeOnly reference enable broadcast instantActive"),
  ...of("string[]", "connectionType tunnelOption frequency apList infoType"),
  ...of("json", "selectedCarrier sim simPriority list client accessPoint security port"),
  id: "integer[]",
  outputWeight: "full|normal|lite",
  action: "start",
  simId: "1|2",
  firmwareId: "1|2",
};

/** Endpoints that take more than the table of endpoints says, or something else by the same name. */
const PARAMETERS: Readonly<Record<string, string>> = {
  "GET status.pepvpn": "infoType:profile|peer|tunnel[] lite tunnelOption start size searchPattern serialNumber",
  "GET status.wan.connection.allowance": "connId:integer[]",
  "GET status.system.info": "infoType:device|systemTime|thermalSensor|fanSpeed[]",
  "GET status.bandwidthUsage.client": "period:hourly|daily|monthly from to",
  "GET cmd.wifi.scan": "connId* infoType:status|config sortBy sortOrder",
  "GET config.speedfusionConnectProtect": "infoType:client|accessPoint[]",
  "POST cmd.carrier.scan": "action:start connId* reference:yes|no",
  "POST cmd.starlink": "connId* action*:reboot|stow|unstow",
  "POST cmd.wifi.connect": "connId* ssid* security:json securityPolicy key preferredBssid",
  "POST config.mesh": "action*:add|update|remove list*",
  "POST config.pepvpn.profile": "id*:integer enable",
  "POST config.speedfusionConnectProtect": "action*:update|remove|replace client accessPoint",
  "POST config.ssid.profile": "action*:update id*:integer name enable frequency vlanId broadcast security",
  "POST config.wan.connection": "action*:update list*",
};

/** Bodies to begin with; those that follow from the required parameters are not listed (peplink.md section 2). */
const TEMPLATES: Readonly<Record<string, object>> = {
  "cmd.carrier.scan": { action: "start", connId: 1 },
  "cmd.carrier.select": { connId: 1, selectedCarrier: { mcc: "", mnc: "", pcs: "" } },
  "cmd.channelPci.lock": { connId: 1, sim: [{ id: 1, value: { channel: 0, pci: 0 } }] },
  "cmd.channelPci.scan": { action: "start", connId: 1 },
  "cmd.config.restore": { timestamp: 0 },
  "cmd.port.poe.disable": { port: 1 },
  "cmd.port.poe.enable": { port: 1 },
  "cmd.sms.sendMessage": { connId: 1, address: "+", content: "" },
  "cmd.wan.cellular": { connId: 1, simPriority: [1, 2] },
  "cmd.wifi.connect": { connId: 1, ssid: "", security: { policy: { type: "", detail: { key: "" } } } },
  "cmd.starlink": { connId: 1, action: "unstow" },
  "config.gpio": { list: [{ id: 1, enable: true }] },
  "config.mesh": { action: "update", list: [{ id: 1 }] },
  "config.pepvpn.profile": { id: 1, enable: true },
  "config.speedfusionConnectProtect": { action: "update", client: [{ mac: "", cityCode: "" }] },
  "config.ssid.profile": { action: "update", id: 1, enable: true },
  "config.wan.connection": { action: "update", list: [{ id: 1, enable: true }] },
  "config.wan.connection.priority": { instantActive: true, list: [{ connId: 1, priority: 1, enable: true }] },
};

const SAMPLES = { string: "", integer: 1, boolean: true, list: [], json: null };

/** All endpoints that are known, as a dialog shows them. */
export function endpointForms(): EndpointForm[] {
  return ENDPOINTS.map(({ params, ...endpoint }) => {
    const { method, name, effect } = endpoint;
    const said = PARAMETERS[`${method} ${name}`]?.split(" ") ?? params;
    const fields = said.map((text) => field(text, method === "GET" ? "query" : "body"));
    const template = effect === "read" ? undefined : (TEMPLATES[name] ?? sample(fields));
    return {
      ...endpoint,
      fields,
      scope: effect === "read" && anyScopeReads(name) ? "api.read-only" : "api",
      destroys: effect !== "read" && wantsConfirmation(name),
      ...(template ? { template } : {}),
    };
  });
}

function field(text: string, place: Field["in"]): Field {
  const [, name = "", star, own] = /^(\w+)(\*?)(?::(.*))?$/.exec(text) ?? [];
  const kind = own ?? KINDS[name] ?? "string";
  const one = kind.replace(/\[\]$/, "");
  const several = kind !== one;
  const choices = /^\w+(\|\w+)+$|^(start|update)$/.test(one) ? one.split("|") : undefined;
  const numbers = choices?.every((choice) => /^\d+$/.test(choice)) === true;
  const type = choices ? (numbers ? "integer" : "string") : (one as "string" | "integer" | "boolean" | "json");
  return {
    in: place,
    at: [name],
    required: star === "*",
    ...(several ? { type: "list", items: type as "string" } : { type }),
    ...(choices ? { choices: numbers ? choices.map(Number) : choices } : {}),
  };
}

function sample(fields: readonly Field[]): object | undefined {
  const needed = fields.filter(({ required }) => required);
  if (needed.length === 0) return undefined;
  return Object.fromEntries(needed.map(({ at: [name], type, choices }) => [name, choices?.[0] ?? SAMPLES[type]]));
}

function wantsConfirmation(name: string): boolean {
  try {
    checkBody(name, {}, false);
    return false;
  } catch {
    return true;
  }
}

function of(kind: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, kind]));
}
