import type { Node, NodeAPI, NodeDef } from "node-red";
import { systemClock } from "../src/core/clock";
import { PlatformError } from "../src/core/errors";
import { deliveryId, extractSecret, isWebhook, parseWebhook, secretMatches } from "../src/omada/webhook";
import { WEBHOOK_EVENTS } from "./shared/event-names";
import { toPlatformError } from "./shared/flow-error";
import { expandCredentials, parseEvents, readText } from "./shared/settings";
import { webhook } from "./shared/webhook-node";

interface OmadaWebhookDef extends NodeDef {
  path?: string;
  events?: string;
}

interface Credentials {
  secret?: string;
}

interface Settings {
  secret: string;
  /** Those to send; empty = all messages, also those that are not understood. */
  events: ReadonlySet<string>;
}

const NO_EVENTS: ReadonlySet<string> = new Set();

export default function (RED: NodeAPI): void {
  function OmadaWebhook(this: Node<Credentials>, def: OmadaWebhookDef): void {
    RED.nodes.createNode(this, def);
    const settings = readSettings(RED, this, def);
    const { secret, events } = settings instanceof PlatformError ? { secret: settings, events: NO_EVENTS } : settings;

    webhook(RED, this, def.path ?? "", {
      platform: "omada",
      secret,
      maxBodyBytes: 256 * 1024,
      hasSecretInHeaders: ({ headers }, expected) => {
        const inHeader = headers["access_token"];
        return !inHeader ? undefined : secretMatches(inHeader, expected);
      },
      hasSecretInBody: (body, expected) => secretMatches(extractSecret(body), expected),
      deliveryId: ({ value, text }) => deliveryId(value, text),
      parse: (body) => (isWebhook(body) ? parseWebhook(body, systemClock.now()) : undefined),
      isWanted: ({ event }) => events.size === 0 || (event !== null && events.has(event)),
    });
  }

  RED.nodes.registerType<Node<Credentials>, OmadaWebhookDef, Record<string, unknown>, Credentials>(
    "omada-webhook",
    OmadaWebhook,
    {
      credentials: { secret: { type: "password" } },
      // The dialog says so: the runtime's settings are not visible there.
      settings: { omadaWebhookHttpNodeAuth: { value: hasHttpNodeAuth(RED), exportable: true } },
    },
  );
}

function hasHttpNodeAuth({ settings }: NodeAPI): boolean {
  return Boolean((settings as unknown as Record<string, unknown>)["httpNodeAuth"]);
}

function readSettings(RED: NodeAPI, node: Node<Credentials>, def: OmadaWebhookDef): Settings | PlatformError {
  try {
    const events = parseEvents(readText(RED, node, def, "events"), WEBHOOK_EVENTS);
    return { secret: expandCredentials(RED, node).secret ?? "", events };
  } catch (error) {
    return toPlatformError(error);
  }
}
