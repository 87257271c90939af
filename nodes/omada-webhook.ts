import type { Node, NodeAPI, NodeDef } from "node-red";
import { systemClock } from "../src/core/clock";
import { deliveryId, extractSecret, isWebhook, parseWebhook, secretMatches } from "../src/omada/webhook";
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
    const { secret = "" } = this.credentials ?? {};

    webhook(RED, this, def.path ?? "", {
      platform: "omada",
      secret,
      maxBodyBytes: 256 * 1024,
      isAuthorized: ({ headers }, body) => {
        // Both are always compared, so that the time says nothing about either of them.
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
