import type { NodeAPI } from "node-red";
import { systemClock } from "../../src/core/clock";
import { PlatformError } from "../../src/core/errors";
import type { OmadaClient } from "../../src/omada/client";
import type { Known, SpecCache } from "../../src/omada/openapi/spec-cache";
import type { ConfigNode } from "../shared/config-node";
import { describeError, respond, texts, type AdminRequest, type AdminResponse } from "./routes";

/** What a dialog asks: the query of its request, and the operations there are. */
type Work = (known: Known, query: Readonly<Record<string, string>>) => object;

/** A list that is longer than that is searched, not read. */
const MOST_ROWS = 60;
/** How long a dialog waits for the controller's own description before it is shown the bundled table. */
const PATIENCE_MS = 2500;
const TIMEOUT_S = 15;

/**
 * Answers the dialogs that search for an operation of a controller and draw a form for it; called once.
 * `GET homenet/operations/<id>?for=read|write&words=…` and `GET homenet/operations/<id>/form?method=…&path=…` need the
 * permission `omada-controller.read`. `<id>` is a deployed controller; without one the bundled table is shown.
 */
export function registerOperationRoutes(RED: NodeAPI): void {
  let descriptions: SpecCache | undefined;

  const operations = async (id: string): Promise<Known & { notDeployed?: true }> => {
    const { bundled, SpecCache } =
      require("../../src/omada/openapi/spec-cache") as typeof import("../../src/omada/openapi/spec-cache");
    const node = RED.nodes.getNode(id) as ConfigNode<OmadaClient> | null;
    if (node?.type !== "omada-controller" || !node.client) return { ...bundled(), notDeployed: true };
    if (node.client instanceof PlatformError) return bundled(node.client);
    descriptions ??= new SpecCache(systemClock);
    return descriptions.of(id, node.client, PATIENCE_MS);
  };

  const serve = (path: string, work: Work): void => {
    const allowed = RED.auth.needsPermission("omada-controller.read");
    RED.httpAdmin.get(`/homenet/operations/${path}`, allowed, (request: AdminRequest, response: AdminResponse) => {
      respond(response, TIMEOUT_S, async () => {
        const known = await operations(request.params["id"] ?? "");
        const { own, version, pending, error, notDeployed = false } = known;
        // Not called `error`: the bundled table is an answer.
        const about = { own, version, pending, notDeployed, ...(error ? { why: describeError(error) } : {}) };
        return { ...about, total: known.operations.length, ...work(known, texts(request.query)) };
      });
    });
  };

  serve(":id", (known, { for: purpose, words = "" }) => {
    const { searchOperations } =
      require("../../src/omada/openapi/operation-search") as typeof import("../../src/omada/openapi/operation-search");
    const { matches, total } = searchOperations(
      known.operations,
      purpose === "write" ? "write" : "read",
      words,
      MOST_ROWS,
    );
    return { matches, matching: total };
  });

  serve(":id/form", (known, { method = "GET", path = "" }) => {
    const { buildForm } =
      require("../../src/omada/openapi/operation-form") as typeof import("../../src/omada/openapi/operation-form");
    return { form: buildForm(known.operations, method, path) };
  });
}
