import { whyConfirm } from "./bodies";
import { allowsReadOnlyScope, ENDPOINTS, type Endpoint } from "./endpoints";

/** A parameter of an endpoint, as the dialog's form shows it. */
export interface Field {
  in: "query" | "body";
  at: readonly [name: string];
  /** `list`: of `items`; `json`: any JSON value. */
  type: "string" | "integer" | "boolean" | "list" | "json";
  items?: "string" | "integer";
  required: boolean;
  /** The only values that it may have. */
  choices?: (string | number)[];
}

/** An endpoint as the dialog shows it. */
interface EndpointForm extends Omit<Endpoint, "params"> {
  fields: Field[];
  /** The scope that an API client needs (peplink.md section 1.4). */
  scope: "api.read-only" | "api";
  /** Whether the node asks for confirmation, whatever the body. */
  destroys: boolean;
  /** A body to start from, if one is documented. */
  template?: object;
}

/** The types of parameters by name; `|` separates choices, and `[]` marks a list. */
const TYPES: Readonly<Record<string, string>> = {
  ...typed("integer", "connId vlanId size start timestamp from to"),
  ...typed("boolean", "lite activeOnly reference enable broadcast instantActive"),
  ...typed("string[]", "connectionType tunnelOption frequency apList infoType"),
  ...typed("json", "selectedCarrier sim simPriority list client accessPoint security port"),
  id: "integer[]",
  outputWeight: "full|normal|lite",
  action: "start",
  simId: "1|2",
  firmwareId: "1|2",
};

/** Endpoints with more parameters than the table of endpoints names, or with another type for one. */
const PARAMETERS: Readonly<Record<string, string>> = {
  "GET status.pepvpn": "infoType:profile|peer|tunnel[] lite tunnelOption start size searchPattern serialNumber",
  "GET status.wan.connection.allowance": "connId:integer[]",
  "GET status.system.info": "infoType:device|systemTime|thermalSensor|fanSpeed[]",
  "GET status.bandwidthUsage.client": "period:hourly|daily|monthly from to",
  "GET cmd.wifi.scan": "connId* infoType:status|config sortBy sortOrder",
  "GET config.speedfusionConnectProtect": "infoType:client|accessPoint[]",
  "POST cmd.carrier.scan": "action:start connId* reference:yes|no",
  // Renamed in 8.5.2 from cmd.sendUssd, whose parameters it has.
  "POST cmd.sim.ussd.send": "connId simId ussd",
  // A message has an id within its connection (`cmd.sms.get`).
  "POST cmd.sms.delete": "connId simId id:integer",
  "POST cmd.starlink": "connId* action*:reboot|stow|unstow",
  "POST cmd.wifi.connect": "connId* ssid* security:json securityPolicy key preferredBssid",
  "POST config.mesh": "action*:add|update|remove list*",
  "POST config.pepvpn.profile": "id*:integer enable",
  "POST config.speedfusionConnectProtect": "action*:update|remove|replace client accessPoint",
  "POST config.ssid.profile": "action*:update id*:integer name enable frequency vlanId broadcast security",
  "POST config.wan.connection": "action*:update list*",
};

/** Bodies to start from; those that consist of the required parameters are generated (peplink.md section 2). */
const TEMPLATES: Readonly<Record<string, object>> = {
  "cmd.carrier.scan": { action: "start", connId: 1 },
  "cmd.carrier.select": { connId: 1, selectedCarrier: { mcc: "", mnc: "", pcs: "" } },
  "cmd.channelPci.lock": { connId: 1, sim: [{ id: 1, value: { channel: 0, pci: 0 } }] },
  "cmd.channelPci.scan": { action: "start", connId: 1 },
  "cmd.config.restore": { timestamp: 0 },
  "cmd.port.poe.disable": { port: 1 },
  "cmd.port.poe.enable": { port: 1 },
  "cmd.sim.ussd.send": { connId: 1, ussd: "*100#" },
  "cmd.sms.delete": { connId: 1, id: 1 },
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

const SAMPLE_VALUES = { string: "", integer: 1, boolean: true, list: [], json: null };

/** The forms of all documented endpoints. */
export function endpointForms(): EndpointForm[] {
  return ENDPOINTS.map(({ params, ...endpoint }) => {
    const { method, name, effect } = endpoint;
    const parameters = PARAMETERS[`${method} ${name}`]?.split(" ") ?? params;
    const fields = parameters.map((text) => parseField(text, method === "GET" ? "query" : "body"));
    const template = effect === "read" ? undefined : (TEMPLATES[name] ?? sampleBody(fields));
    return {
      ...endpoint,
      fields,
      scope: effect === "read" && allowsReadOnlyScope(name) ? "api.read-only" : "api",
      destroys: effect !== "read" && whyConfirm(name) !== undefined,
      ...(template ? { template } : {}),
    };
  });
}

/** @param text such as `connId*:integer[]`: the name, an asterisk if required, and a type unless `TYPES` has it */
function parseField(text: string, place: Field["in"]): Field {
  const [, name = "", asterisk, ownType] = /^(\w+)(\*?)(?::(.*))?$/.exec(text) ?? [];
  const listOrItem = ownType ?? TYPES[name] ?? "string";
  const item = listOrItem.replace(/\[\]$/, "");
  const isList = listOrItem !== item;
  const choices = /^\w+(\|\w+)+$|^(start|update)$/.test(item) ? item.split("|") : undefined;
  const isNumeric = choices?.every((choice) => /^\d+$/.test(choice)) === true;
  const type = choices ? (isNumeric ? "integer" : "string") : (item as "string" | "integer" | "boolean" | "json");
  return {
    in: place,
    at: [name],
    required: asterisk === "*",
    ...(isList ? { type: "list", items: type as "string" } : { type }),
    ...(choices ? { choices: isNumeric ? choices.map(Number) : choices } : {}),
  };
}

function sampleBody(fields: readonly Field[]): object | undefined {
  const required = fields.filter((field) => field.required);
  if (required.length === 0) return undefined;
  return Object.fromEntries(
    required.map(({ at: [name], type, choices }) => [name, choices?.[0] ?? SAMPLE_VALUES[type]]),
  );
}

function typed(type: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, type]));
}
