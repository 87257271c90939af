import type { ServerResponse } from "node:http";
import type { Node, NodeAPI, NodeDef } from "node-red";
import { createTrace } from "../src/core/call-context";
import { systemClock } from "../src/core/clock";
import { inputError, PlatformError } from "../src/core/errors";
import {
  deliveryId,
  extractSecret,
  isWebhook,
  parseWebhook,
  secretMatches,
  type WebhookMessage,
} from "../src/omada/webhook";
import { toFlowError } from "./shared/action-node";
import { expandEnvironment } from "./shared/config-node";
import {
  addPostRoute,
  parseRoutePath,
  readRequestBody,
  respond,
  type Body,
  type PostRequest,
} from "./shared/http-route";
import { NodeStatus } from "./shared/node-status";

interface OmadaWebhookDef extends NodeDef {
  path?: string;
}

interface Credentials {
  secret?: string;
}

const LARGEST_BODY = 256 * 1024;
/** So many messages are remembered, in case the controller posts one again. */
const REMEMBERED = 100;

export default function (RED: NodeAPI): void {
  function OmadaWebhook(this: Node<Credentials>, def: OmadaWebhookDef): void {
    RED.nodes.createNode(this, def);
    const { secret = "" } = this.credentials ?? {};
    const status = new NodeStatus(RED, this);
    const delivered = new Set<string>();
    let open = true;
    let close: (() => void) | undefined;
    let complained = false;

    /** @returns the HTTP status to answer with, and what to send on afterwards */
    const read = (posted: Body | undefined, header: unknown): [number, WebhookMessage?] => {
      if (!posted) return [413];
      const { value: body, text } = posted;
      const isTheirs = [header, extractSecret(body)].map((given) => secretMatches(given, secret)).includes(true);
      if (!isTheirs) {
        if (secret) status.pollFailed(new PlatformError("sign-in", "A post came with another secret."));
        return [401];
      }
      if (!isWebhook(body)) return [400];
      if (!open) return [503];
      // A controller that heard no answer posts the same again.
      const delivery = deliveryId(body, text);
      if (delivery !== undefined && delivered.has(delivery)) return [200];
      if (delivery !== undefined) delivered.add(delivery);
      for (const oldest of [...delivered].slice(0, -REMEMBERED)) delivered.delete(oldest);
      return [200, parseWebhook(body, systemClock.now())];
    };

    const receive = async (request: PostRequest, response: ServerResponse): Promise<void> => {
      const [code, payload] = read(await readRequestBody(request, LARGEST_BODY), request.headers["access_token"]);
      respond(request, response, code);
      if (!payload) return;
      status.watching();
      this.send({ topic: "webhook", payload });
    };

    const start = (): void => {
      try {
        const { path } = expandEnvironment(RED, this, { path: def.path ?? "" });
        close = addPostRoute(RED, parseRoutePath(path), (request, response) => {
          // What throws in the flow is not the controller's business, and must not end the runtime.
          receive(request, response).catch(() => respond(request, response, 500));
        });
        if (secret) return status.watching();
        const what = "No secret is set: every post is refused. Enter the one of the controller's webhook.";
        throw new PlatformError("config", what);
      } catch (thrown) {
        const error = thrown instanceof PlatformError ? thrown : inputError("The path cannot be read.");
        status.pollFailed(error);
        if (!complained) this.error(toFlowError(error, "omada", createTrace()), {});
        complained = true;
        // Who answers there now may go with a deploy that leaves this node alone.
        if (!close) RED.events.once("flows:started", startLater);
      }
    };
    // Before the whole flow has started there are no Catch nodes, and not all routes of others.
    const startLater = (): void => {
      starting = setImmediate(start);
    };
    let starting = setImmediate(start);

    this.on("close", () => {
      clearImmediate(starting);
      RED.events.off("flows:started", startLater);
      open = false;
      close?.();
      status.close();
    });
  }

  RED.nodes.registerType<Node<Credentials>, OmadaWebhookDef, object, Credentials>("omada-webhook", OmadaWebhook, {
    credentials: { secret: { type: "password" } },
  });
}
