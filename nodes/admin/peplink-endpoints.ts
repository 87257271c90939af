import type { NodeAPI } from "node-red";
import { respond, type AdminRequest, type AdminResponse } from "./routes";

const TIMEOUT_S = 15;

/**
 * Answers the dialogs that ask which endpoints there are; called once.
 * `GET homenet/endpoints` needs the permission `peplink-router.read`; no router is asked.
 */
export function registerEndpointRoutes(RED: NodeAPI): void {
  const allowed = RED.auth.needsPermission("peplink-router.read");
  RED.httpAdmin.get("/homenet/endpoints", allowed, (_request: AdminRequest, response: AdminResponse) => {
    respond(response, TIMEOUT_S, async () => {
      const { endpointForms } =
        require("../../src/peplink/endpoint-forms") as typeof import("../../src/peplink/endpoint-forms");
      return { endpoints: endpointForms() };
    });
  });
}
