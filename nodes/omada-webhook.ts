import type { Node, NodeAPI, NodeDef } from "node-red";
import { systemClock } from "../src/core/clock";
import type { PlatformError } from "../src/core/errors";
import { deliveryId, extractSecret, isWebhook, parseWebhook, secretMatches } from "../src/omada/webhook";
import { toPlatformError } from "./shared/flow-error";
import { expandCredentials } from "./shared/settings";
import { webhook } from "./shared/webhook-node";

interface OmadaWebhookDef extends NodeDef {
  path?: string;
}

interface Credentials {
  secret?: string;
}

export default function (RED: NodeAPI): void {
  function OmadaWebhook(this: Node<Credentials>, def: OmadaWebhookDef): void {
    RED.nodes.createNode(this, def);
    const secret = readSecret(RED, this);

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

function readSecret(RED: NodeAPI, node: Node<Credentials>): string | PlatformError {
  try {
    return expandCredentials(RED, node).secret ?? "";
  } catch (error) {
    return toPlatformError(error);
  }
}
