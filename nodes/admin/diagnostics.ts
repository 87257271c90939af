import { isIP } from "node:net";
import type { NodeAPI } from "node-red";
import { LightAbortController, type AbortSignalLike } from "../../src/core/abort";
import { systemClock } from "../../src/core/clock";
import { PlatformError } from "../../src/core/errors";
import type { SessionState } from "../../src/session/session-state";
import type { ConfigNode, PlatformClient } from "../shared/config-node";
import { savedNodes } from "../shared/deployed-node";
import { historyOf } from "../shared/history";
import { savedId } from "../shared/settings";
import { asObject, describeError, stringFields, withTimeout } from "./routes";

/** Settings that are shown as they are: numbers, choices and switches. Of any other one only whether it is set. */
const SHOWN = ["mode", "reach", "appType", "timeout", "concurrency", "queue", "rate", "fingerprint", "allowHttp"];
/** What Node-RED saves with every node. */
const NOT_SETTINGS = ["id", "type", "z", "name", "server", "info", "d", "env", "credentials"];
const MANIFEST = "@homenet/node-red-homenet/package.json";
/** A report of a platform that does not respond is wanted most of all. */
const DISCOVERY_TIMEOUT_S = 8;

const isoTime = (ms: number): string | null => (Number.isFinite(ms) && ms > 0 ? new Date(ms).toISOString() : null);

/**
 * Makes the report of a config node for a bug report. It holds no credential, token, address or name that identifies
 * anybody: such settings are only said to be set.
 * @param discover fetches what the platform says about itself; if it fails, the report says why
 */
export function diagnostics<Client extends PlatformClient>(
  RED: NodeAPI,
  discover: (client: Client, signal: AbortSignalLike) => Promise<object>,
): (node: ConfigNode<Client>) => Promise<object> {
  return async (node) => {
    const { client } = node;
    if (client instanceof PlatformError) return describe(RED, node, describeError(client), null);
    const found = withTimeout(DISCOVERY_TIMEOUT_S, new LightAbortController(), (signal) => discover(client, signal));
    return describe(RED, node, null, await found.catch((error: unknown) => ({ error: describeError(error) })));
  };
}

function describe(RED: NodeAPI, node: ConfigNode, error: object | null, discovered: object | null): object {
  const { connection } = node;
  const manifest = require(MANIFEST) as { version: string };
  const { version: nodeRed = "" } = RED.settings as { version?: string };
  return {
    at: isoTime(systemClock.now()),
    versions: { package: manifest.version, nodeRed, node: process.version, platform: process.platform },
    type: node.type,
    settings: describeSettings({ ...savedNodes(RED).get(savedId(node)) }),
    credentials: Object.fromEntries(Object.entries(asObject(node.credentials)).map(([name, value]) => [name, !!value])),
    error,
    discovered,
    session: connection ? describeSession(connection.sessionState) : null,
    ...historyOf(node.id).report(),
  };
}

function describeSettings(saved: Readonly<Record<string, unknown>>): object {
  const names = Object.keys(saved).filter((name) => !name.startsWith("_") && !NOT_SETTINGS.includes(name));
  const settings = names.map((name) => [name, SHOWN.includes(name) ? saved[name] : saved[name] ? "(set)" : ""]);
  return { server: describeServer(stringFields(saved)["server"] ?? ""), ...Object.fromEntries(settings) };
}

// How a server is addressed matters; which one it is does not.
function describeServer(server: string): string {
  if (!URL.canParse(server)) return server ? "(set)" : "";
  const { protocol, hostname, port } = new URL(server);
  const host = isIP(hostname.replace(/^\[|\]$/g, "")) ? "(IP address)" : "(name)";
  const isTpLink = hostname === "tplinkcloud.com" || hostname.endsWith(".tplinkcloud.com");
  return `${protocol}//${isTpLink ? hostname : host}${port && `:${port}`}`;
}

function describeSession(state: SessionState): object {
  const { lease, signInCooldown } = state;
  return {
    issued: lease ? isoTime(lease.issuedAt) : null,
    expires: lease ? isoTime(lease.expiresAt) : null,
    refusal: signInCooldown ? { ...describeError(signInCooldown.error), until: isoTime(signInCooldown.untilMs) } : null,
    signIns: state.signIns(systemClock.now()).map(({ atMs, code }) => ({ at: isoTime(atMs), code })),
  };
}
