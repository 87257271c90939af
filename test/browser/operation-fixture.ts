import { OmadaController } from "../support/simulators/omada/controller";
import { CONNECTION_DEFAULTS } from "./dialog-fixture";

const TYPES = { siteType: "str", pathType: "str", paramsType: "json" };

/** The settings of a query that a test does not change. */
export const QUERY = {
  ...TYPES,
  controller: "omada",
  site: "Harbour",
  method: "GET",
  path: "sites",
  params: "",
  limit: 0,
  paging: "all",
  output: "array",
};

/** The settings of a command that a test does not change. */
export const COMMAND = {
  ...TYPES,
  controller: "omada",
  site: "Harbour",
  method: "POST",
  path: "sites/{siteId}/led",
  params: "",
  body: "",
  bodyType: "json",
  confirm: false,
};

export const ALERTS = "sites/{siteId}/logs/alerts";

/** A config node for a simulated controller. */
export function configOf(id: string, { url, fingerprint, omadacId, clientId, clientSecret }: OmadaController) {
  const credentials = { clientId, clientSecret };
  return {
    ...CONNECTION_DEFAULTS,
    id,
    type: "omada-controller",
    server: url,
    fingerprint,
    omadacId,
    rate: 1000,
    credentials,
  };
}
