import type { FlowNode } from "../../support/harness/node-red";
import { closeAfterTest } from "../../support/mocha-hooks";
import { selfSigned, type Certificate } from "../../support/simulators/certificate";
import { KasaCloud } from "../../support/simulators/kasa/cloud";
import { Plug } from "../../support/simulators/kasa/plugs";
import { OmadaController } from "../../support/simulators/omada/controller";
import { PeplinkRouter } from "../../support/simulators/peplink/router";
import type { RecordedRequest, SimulatedServer } from "../../support/simulators/simulated-server";

export type Name = "kasa" | "omada" | "router";
/** What a node does on the stage. */
export type Does = "read" | "write";
/** What a request is about. */
export type Kind = Does | "sign-in";

/** A platform on the stage: its server, its config node, and what can be done to all three alike. */
export interface Platform {
  readonly name: Name;
  readonly server: SimulatedServer;
  readonly config: FlowNode;
  /** What stands behind the server. */
  readonly world: KasaCloud | OmadaController | PeplinkRouter;
  readonly certificate: Certificate | undefined;
  /** The action nodes `<name>-read` and `<name>-write`. */
  readonly nodes: FlowNode[];
  /** What a request is about. */
  readonly kind: (asked: RecordedRequest) => Kind;
  /** What a request proves itself with: its token, or nothing at a sign-in. */
  readonly proof: (asked: RecordedRequest) => string | undefined;
  /** Every token so far is worth nothing. */
  readonly spendTokens: () => void;
  /** Even fresh tokens are worth nothing. */
  readonly refuseTokens: () => void;
  /** The name of the credential that proves who asks. */
  readonly secret: "password" | "clientSecret";
  /** Credentials that are good, and are not those on the stage: they are worth nothing where that can be. */
  readonly changePassword: () => Record<string, string>;
  /** Where it has a clock: its tokens live by that. */
  readonly setClock?: (now: () => number) => void;
}

type Make = (https: boolean, settings: object) => Promise<Platform>;

/** Starts a platform, with a config node of it and the settings that the config node has. */
export const PLATFORMS: Record<Name, Make> = {
  async kasa(https, settings) {
    const certificate = https ? selfSigned() : undefined;
    const cloud = closeAfterTest(await KasaCloud.start({ certificate }));
    const credentials = { email: cloud.email, password: cloud.password, refreshToken: "" };
    const pinned = { fingerprint: certificate?.fingerprint ?? "" };
    return {
      name: "kasa",
      server: cloud.server,
      world: cloud,
      certificate,
      config: { id: "kasa", type: "kasa-account", server: cloud.url, ...settings, ...pinned, credentials },
      nodes: [
        { id: "kasa-read", type: "kasa-device-list", account: "kasa" },
        {
          id: "kasa-write",
          type: "kasa-device",
          account: "kasa",
          // By its id, so that a change is one request.
          device: cloud.device(Plug, "Modem").deviceId,
          value: "true",
          valueType: "bool",
        },
      ],
      kind: ({ body }) => {
        if (/"method":"(login|refreshToken)"/.test(body)) return "sign-in";
        return body.includes("set_relay_state") ? "write" : "read";
      },
      proof: ({ query }) => query.get("token") ?? undefined,
      spendTokens: () => cloud.expireTokens(),
      refuseTokens: () => void (cloud.refuseEveryToken = true),
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
      world: controller,
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
      kind: ({ method, path }) => {
        if (path.startsWith("/openapi/authorize/")) return "sign-in";
        return method === "PUT" ? "write" : "read";
      },
      proof: ({ headers }) => headers["authorization"],
      spendTokens: () => controller.expireTokens(),
      refuseTokens: () => void (controller.refuseEveryToken = true),
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
      world: router,
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
      kind: ({ method, path }) => {
        if (path === "/api/auth.token.grant" || path === "/api/login") return "sign-in";
        return method === "POST" ? "write" : "read";
      },
      proof: ({ query }) => query.get("accessToken") ?? undefined,
      spendTokens: () => router.expireSessions(),
      refuseTokens: () => void (router.refuseEverySession = true),
      // The secret of an API client cannot be changed on a router: another client is made.
      secret: "clientSecret",
      changePassword: () => ({ ...credentials, ...router.readOnlyClient }),
      setClock: (now) => void (router.now = now),
    };
  },
};
