import type { NodeAPI } from "node-red";
import type { AdminRequest } from "./access";
import { respond, type AdminResponse } from "./routes";

const TIMEOUT_S = 15;

/**
 * Adds the route for the dialogs that list the documented endpoints of a router, and what can be done to it by name. Call it
 * once.
 * `GET homenet/endpoints` needs the permission `peplink-router.read`. It sends no request to a router.
 */
export function registerEndpointRoutes(RED: NodeAPI): void {
  const permission = RED.auth.needsPermission("peplink-router.read");
  RED.httpAdmin.get("/homenet/endpoints", permission, (request: AdminRequest, response: AdminResponse) => {
    respond(request, response, TIMEOUT_S, async () => {
      const { endpointForms } =
        require("../../src/peplink/endpoint-forms") as typeof import("../../src/peplink/endpoint-forms");
      const { routerActs } = require("../../src/peplink/acts/acts") as typeof import("../../src/peplink/acts/acts");
      return { endpoints: endpointForms(), acts: routerActs() };
    });
  });
}
