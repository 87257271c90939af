import type { NodeAPI } from "node-red";
import { systemClock } from "../../src/core/clock";
import { PlatformError } from "../../src/core/errors";
import type { OmadaClient } from "../../src/omada/client";
import type { ControllerSpec, SpecCache } from "../../src/omada/openapi/spec-cache";
import type { AdminRequest } from "./access";
import { findConfigNode } from "./deployed-config";
import { describeError, respond, stringFields, type AdminResponse } from "./routes";

/** Builds the body of a response from a controller's operations and the query of the request. */
type BuildBody = (spec: ControllerSpec, query: Readonly<Record<string, string>>) => object;

/** Whoever gets more operations than that will search instead of scroll. */
const MAX_MATCHES = 60;
/** How long a dialog waits for the controller's own OpenAPI document before it gets the bundled table. */
const MAX_SPEC_WAIT_MS = 2500;
const TIMEOUT_S = 15;

/**
 * Adds the routes for the dialogs that search an operation of a controller and show a form for it. Call it once.
 * `GET homenet/operations/<id>?for=read|write&words=…` and `GET homenet/operations/<id>/form?method=…&path=…` need the
 * permission `omada-controller.read`. `<id>` is a deployed controller; for any other id the bundled table is used.
 */
export function registerOperationRoutes(RED: NodeAPI): void {
  let specs: SpecCache | undefined;

  const getOperations = async (id: string, place = ""): Promise<ControllerSpec & { notDeployed?: true }> => {
    const { bundledControllerSpec, SpecCache } =
      require("../../src/omada/openapi/spec-cache") as typeof import("../../src/omada/openapi/spec-cache");
    try {
      const node = findConfigNode<OmadaClient, object>(RED, "omada-controller", id, place);
      if (!node?.client) return { ...bundledControllerSpec(), notDeployed: true };
      if (node.client instanceof PlatformError) throw node.client;
      specs ??= new SpecCache(systemClock);
      return await specs.get(node.id, node.client, MAX_SPEC_WAIT_MS);
    } catch (error) {
      if (error instanceof PlatformError) return bundledControllerSpec(error);
      throw error;
    }
  };

  const addRoute = (path: string, buildBody: BuildBody): void => {
    const permission = RED.auth.needsPermission("omada-controller.read");
    RED.httpAdmin.get(`/homenet/operations/${path}`, permission, (request: AdminRequest, response: AdminResponse) => {
      respond(request, response, TIMEOUT_S, async () => {
        const spec = await getOperations(request.params["id"] ?? "", stringFields(request.query)["z"]);
        const { own, version, pending, error, notDeployed = false } = spec;
        // Not called `error`: the bundled table is a result all the same.
        const origin = { own, version, pending, notDeployed, ...(error ? { why: describeError(error) } : {}) };
        return { ...origin, total: spec.operations.length, ...buildBody(spec, stringFields(request.query)) };
      });
    });
  };

  addRoute(":id", ({ operations }, { for: purpose, words = "" }) => {
    const { searchOperations } =
      require("../../src/omada/openapi/operation-search") as typeof import("../../src/omada/openapi/operation-search");
    const kind = purpose === "write" ? "write" : "read";
    const { matches, total } = searchOperations(operations, kind, words, MAX_MATCHES);
    const { omadaActs } = require("../../src/omada/acts/acts") as typeof import("../../src/omada/acts/acts");
    return { matches, matching: total, acts: kind === "write" ? omadaActs() : [] };
  });

  addRoute(":id/form", ({ operations }, { method = "GET", path = "" }) => {
    const { buildForm } =
      require("../../src/omada/openapi/operation-form") as typeof import("../../src/omada/openapi/operation-form");
    return { form: buildForm(operations, method, path) };
  });
}
