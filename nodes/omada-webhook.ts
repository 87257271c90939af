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
      isAuthorized: ({ headers }, body) => {
        // Both are always compared, so that the time says nothing about either of them.
        if (typeof secret !== "string") return false;
        const [inHeader, inBody] = [headers["access_token"], extractSecret(body)].map((s) => secretMatches(s, secret));
        return inHeader === true || inBody === true;
      },
      deliveryId: ({ value, text }) => deliveryId(value, text),
      parse: (body) => (isWebhook(body) ? parseWebhook(body, systemClock.now()) : undefined),
    });
  }

  RED.nodes.registerType<Node<Credentials>, OmadaWebhookDef, object, Credentials>("omada-webhook", OmadaWebhook, {
    credentials: { secret: { type: "password" } },
  });
}

function readSecret(RED: NodeAPI, node: Node<Credentials>): string | PlatformError {
  try {
    return expandCredentials(RED, node).secret ?? "";
  } catch (error) {
    return toPlatformError(error);
  }
}
