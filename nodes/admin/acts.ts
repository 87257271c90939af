import type { NodeAPI } from "node-red";
import type { ActOrder, ActOutcome } from "../../src/acts/act";
import type { CallOptions } from "../../src/core/call-context";
import { PlatformError } from "../../src/core/errors";
import type { PlatformClient } from "../shared/config-node";
import { findConfigNode } from "./deployed-config";
import { stringFields, type AdminAction } from "./routes";

/**
 * Says for a dialog what an act would send, and sends nothing.
 * @param run runs it; it gets the fields of the dialog, such as the site
 */
export function actPreview<Client extends PlatformClient>(
  RED: NodeAPI,
  type: string,
  run: (
    client: Client,
    order: ActOrder,
    fields: Readonly<Record<string, string>>,
    options: CallOptions,
  ) => Promise<ActOutcome>,
): AdminAction {
  return async (input, signal) => {
    const fields = stringFields(input);
    const { id = "", z, act = "", target = "" } = fields;
    const client = findConfigNode<Client, object>(RED, type, id, z)?.client;
    if (!client) return { notDeployed: true };
    if (client instanceof PlatformError) throw client;
    const order = { act, target, value: input["value"], verify: false, dryRun: true, confirm: false };
    const { payload } = await run(client, order, fields, { signal });
    return { requests: payload };
  };
}
