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

/** A name that does harm in a page that takes it for HTML, or for a text of the editor. */
export const HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=2</script>$t(form.blank)__count__';

/** Makes a controller describe its operations and name its sites with HTML. */
export function makeHostile(controller: OmadaController): void {
  const operation = {
    tags: [HOSTILE],
    summary: HOSTILE,
    operationId: HOSTILE,
    parameters: [
      { name: HOSTILE.slice(0, 60), in: "query", description: HOSTILE, schema: { type: "string", enum: [HOSTILE] } },
      { name: "many", in: "query", schema: { type: "array", items: { type: "string", enum: [HOSTILE] } } },
      { name: "__proto__", in: "query", description: HOSTILE },
      { name: "with", in: "query", schema: { type: "string", default: HOSTILE } },
    ],
  };
  const body = { paths: { "/openapi/v1/{omadacId}/sites": { get: operation } } };
  controller.server.injectFault({ kind: "response", body }, { times: 9, when: ({ path }) => path === "/v3/api-docs" });
  for (const site of controller.sites) site.name = `${HOSTILE}${site.name}`;
}
