import { closeAfterTest } from "../mocha-hooks";
import { KasaCloud } from "../simulators/kasa/cloud";
import { OmadaController } from "../simulators/omada/controller";
import { PeplinkRouter } from "../simulators/peplink/router";
import type { FlowNode } from "./node-red";

/** A simulated Kasa cloud, and the config node "kasa" of someone who has an account there. */
export async function kasaCloud(settings: object = {}): Promise<{ cloud: KasaCloud; account: FlowNode }> {
  const cloud = closeAfterTest(await KasaCloud.start());
  const credentials = { email: cloud.email, password: cloud.password };
  return { cloud, account: { id: "kasa", type: "kasa-account", server: cloud.url, credentials, ...settings } };
}

/** A simulated Omada controller, and the config node "omada" of an application of it; not slowed down by a rate. */
export async function omadaController(
  options: Parameters<typeof OmadaController.start>[0] = {},
  settings: object = {},
): Promise<{ controller: OmadaController; config: FlowNode }> {
  const controller = closeAfterTest(await OmadaController.start(options));
  const { url, fingerprint, omadacId, clientId, clientSecret } = controller;
  const credentials = { clientId, clientSecret };
  const config = { id: "omada", type: "omada-controller", server: url, omadacId, fingerprint, rate: 1000, credentials };
  return { controller, config: { ...config, ...settings } };
}

/** A simulated Peplink router, and the config node "router" of an API client of it. */
export async function peplinkRouter(
  options: Parameters<typeof PeplinkRouter.start>[0] = {},
  settings: object = {},
): Promise<{ router: PeplinkRouter; config: FlowNode }> {
  const router = closeAfterTest(await PeplinkRouter.start(options));
  const { url, fingerprint, clientId, clientSecret } = router;
  const credentials = { clientId, clientSecret };
  return {
    router,
    config: { id: "router", type: "peplink-router", server: url, fingerprint, credentials, ...settings },
  };
}
