import type { FlowNode } from "../../support/harness/node-red";
import { closeAfterTest } from "../../support/mocha-hooks";
import { selfSigned, type Certificate } from "../../support/simulators/certificate";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { Plug } from "../../support/simulators/kasa/plugs";
import { OmadaController } from "../../support/simulators/omada/controller";
import { PeplinkRouter } from "../../support/simulators/peplink/router";
import type { RecordedRequest, SimulatedServer } from "../../support/simulators/simulated-server";

export type PlatformName = "kasa" | "omada" | "router";
/** What a node does with its platform. */
export type Action = "read" | "write";
/** What a request is for. */
export type RequestKind = Action | "sign-in";

/** A platform: its server, its config node, and what can be done to all three in the same way. */
export interface Platform {
  readonly name: PlatformName;
  readonly server: SimulatedServer;
  readonly config: FlowNode;
  /** The simulator. */
  readonly simulator: KasaCloud | OmadaController | PeplinkRouter;
  readonly certificate: Certificate | undefined;
  /** The action nodes `<name>-read` and `<name>-write`. */
  readonly nodes: FlowNode[];
  readonly kindOf: (request: RecordedRequest) => RequestKind;
  /** The token of a request; a sign-in has none. */
  readonly tokenOf: (request: RecordedRequest) => string | undefined;
  /** Makes all tokens so far invalid. */
  readonly expireTokens: () => void;
  /** Makes new tokens invalid as well. */
  readonly refuseNewTokens: () => void;
  /** The name of the secret credential. */
  readonly secret: "password" | "clientSecret";
  /** Other valid credentials; those of the flow become invalid if the platform allows that. */
  readonly changePassword: () => Record<string, string>;
  /** Sets its clock, by which its tokens expire. */
  readonly setClock?: (now: () => number) => void;
}

type StartPlatform = (https: boolean, settings: object) => Promise<Platform>;

/** Start a platform, with a config node that has these settings. */
export const PLATFORMS: Record<PlatformName, StartPlatform> = {
  async kasa(https, settings) {
    const certificate = https ? selfSigned() : undefined;
    const cloud = closeAfterTest(await KasaCloud.start({ certificate }));
    const credentials = { email: cloud.email, password: cloud.password, refreshToken: "" };
    const pinned = { fingerprint: certificate?.fingerprint ?? "" };
    return {
      name: "kasa",
      server: cloud.server,
      simulator: cloud,
      certificate,
      config: { id: "kasa", type: "kasa-account", server: cloud.url, ...settings, ...pinned, credentials },
      nodes: [
        { id: "kasa-read", type: "kasa-device-list", account: "kasa" },
        {
          id: "kasa-write",
          type: "kasa-device",
          account: "kasa",
          // By id, so that a write is one request; and raw, since a newer "set" would take the place of a waiting one.
          device: cloud.device(Plug, "Modem").deviceId,
          command: "raw",
          value: '{"system":{"set_relay_state":{"state":1}}}',
          valueType: "json",
        },
      ],
      kindOf: ({ body }) => {
        if (/"method":"(login|refreshToken)"/.test(body)) return "sign-in";
        return body.includes("set_relay_state") ? "write" : "read";
      },
      tokenOf: ({ query }) => query.get("token") ?? undefined,
      expireTokens: () => cloud.expireTokens(),
      refuseNewTokens: () => void (cloud.refuseEveryToken = true),
      secret: "password",
      changePassword: () => ({ ...credentials, password: (cloud.password = "another one") }),
    };
  },

  async omada(https, settings) {
    const controller = closeAfterTest(await OmadaController.start({ http: !https }));
    const { url, omadacId, clientId, clientSecret, certificate } = controller;
    const credentials = { clientId, clientSecret };
    const pinned = { fingerprint: certificate?.fingerprint ?? "" };
    const siteId = controller.sites[0]?.siteId ?? "";
    return {
      name: "omada",
      server: controller.server,
      simulator: controller,
      certificate,
      config: { id: "omada", type: "omada-controller", server: url, omadacId, ...settings, ...pinned, credentials },
      nodes: [
        { id: "omada-read", type: "omada-query", controller: "omada", path: "sites" },
        {
          id: "omada-write",
          type: "omada-command",
          controller: "omada",
          method: "PUT",
          path: "sites/{siteId}/led",
          site: siteId,
          body: '{"enable":true}',
          bodyType: "json",
        },
      ],
      kindOf: ({ method, path }) => {
        if (path.startsWith("/openapi/authorize/")) return "sign-in";
        return method === "PUT" ? "write" : "read";
      },
      tokenOf: ({ headers }) => headers["authorization"],
      expireTokens: () => controller.expireTokens(),
      refuseNewTokens: () => void (controller.refuseEveryToken = true),
      secret: "clientSecret",
      changePassword: () => ({ ...credentials, clientSecret: (controller.clientSecret = "another one") }),
      setClock: (now) => void (controller.now = now),
    };
  },

  async router(https, settings) {
    const router = closeAfterTest(await PeplinkRouter.start({ http: !https }));
    const { url, clientId, clientSecret, certificate } = router;
    const credentials = { clientId, clientSecret, username: "", password: "" };
    const pinned = { fingerprint: certificate?.fingerprint ?? "" };
    return {
      name: "router",
      server: router.server,
      simulator: router,
      certificate,
      config: { id: "router", type: "peplink-router", server: url, ...settings, ...pinned, credentials },
      nodes: [
        { id: "router-read", type: "router-status", router: "router", endpoint: "info.time" },
        {
          id: "router-write",
          type: "router-config-post",
          router: "router",
          endpoint: "config.wan.connection.priority",
          body: '{"list":[{"connId":3,"priority":1}]}',
          bodyType: "json",
        },
      ],
      kindOf: ({ method, path }) => {
        if (path === "/api/auth.token.grant" || path === "/api/login") return "sign-in";
        return method === "POST" ? "write" : "read";
      },
      tokenOf: ({ query }) => query.get("accessToken") ?? undefined,
      expireTokens: () => router.expireSessions(),
      refuseNewTokens: () => void (router.refuseEverySession = true),
      // The secret of an API client cannot be changed on a router: another client takes its place.
      secret: "clientSecret",
      changePassword: () => ({ ...credentials, ...router.readOnlyClient }),
      setClock: (now) => void (router.now = now),
    };
  },
};
