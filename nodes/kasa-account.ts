import { createHash } from "node:crypto";
import type { NodeAPI } from "node-red";
import { parseServerAddress, type ServerAddress } from "../src/http/server-address";
import type { KasaClient } from "../src/kasa/client";
import { checkCredentials } from "../src/kasa/cloud/credentials";
import { registerAdminRoutes } from "./admin/routes";
import { setUpConfigNode, type ConfigNode, type ConfigNodeDef, type Platform } from "./shared/config-node";
import { onceFlowsStarted } from "./shared/flows-started";
import { LIMITS } from "./shared/limits";
import { parseNumber } from "./shared/settings";

/** The saved properties of a Kasa account. */
interface KasaAccountDef extends ConfigNodeDef {
  appType?: string;
  terminalUUID?: string;
  /** An older flow has none: its devices are reached through the cloud. */
  reach?: string;
  hosts?: string;
  /** Blank = found by the cloud itself. */
  tapoServer?: string;
}

/** The credentials of a Kasa account. */
interface KasaCredentials {
  email?: string;
  password?: string;
  refreshToken?: string;
}

const kasa: Platform<KasaClient, KasaAccountDef, KasaCredentials> = {
  defaultServer: "https://wap.tplinkcloud.com",
  prepareClient: (
    { server, transport, clock, sessionState, otherSessionState, settings },
    { email = "", password = "", refreshToken = "" },
  ) => {
    const { parseHosts, parseReach } =
      require("../src/kasa/local-settings") as typeof import("../src/kasa/local-settings");
    const who = { email: email.trim(), password, refreshToken: refreshToken.trim() };
    const reach = parseReach(settings.reach);
    if (reach !== "local") checkCredentials(who);
    const account = {
      server,
      appType: settings.appType?.trim() || "Kasa_Android",
      terminalUUID: settings.terminalUUID?.trim() || createTerminalId(settings.id, email),
      ...who,
      reach,
      hosts: parseHosts(settings.hosts),
      tapoServer: parseTapoServer(settings),
      localTimeoutMs: parseNumber(settings.timeout, "timeout", LIMITS.timeout, "config") * 1000,
    };
    return () => {
      const { KasaClient } = require("../src/kasa/client") as typeof import("../src/kasa/client");
      return new KasaClient(account, transport, clock, sessionState, otherSessionState("tapo_session"));
    };
  },
  tlsFor: (origin) => {
    const { thingServerTls } =
      require("../src/kasa/transports/tapo-cloud/hosts") as typeof import("../src/kasa/transports/tapo-cloud/hosts");
    return thingServerTls(origin);
  },
};

function parseTapoServer({ tapoServer = "", allowHttp }: KasaAccountDef): ServerAddress | undefined {
  return tapoServer.trim() ? parseServerAddress(tapoServer, { allowHttp: allowHttp === true }) : undefined;
}

export default function (RED: NodeAPI): void {
  function KasaAccount(this: ConfigNode<KasaClient, KasaCredentials>, def: KasaAccountDef): void {
    RED.nodes.createNode(this, def);
    setUpConfigNode(RED, this, def, kasa);
    if (["auto", "local"].includes(def.reach ?? "")) searchFromStart(RED, this);
  }

  RED.nodes.registerType<ConfigNode<KasaClient, KasaCredentials>, KasaAccountDef, object, KasaCredentials>(
    "kasa-account",
    KasaAccount,
    {
      credentials: { email: { type: "text" }, password: { type: "password" }, refreshToken: { type: "password" } },
    },
  );
  registerAdminRoutes(RED, "kasa-account", () =>
    (require("./admin/kasa") as typeof import("./admin/kasa")).editorApi(RED, kasa),
  );
}

// The first message need not wait for the search on the local network, which begins with the client.
function searchFromStart(RED: NodeAPI, node: ConfigNode<KasaClient, KasaCredentials>): void {
  const start = (): void => {
    try {
      void node.client;
    } catch {
      // Each message says why there is none.
    }
  };
  const forget = onceFlowsStarted(RED, start);
  node.on("close", forget);
}

// Derived instead of stored: it is the same after every restart, and different for every config node.
// The result has the form of a random UUID (version 4).
function createTerminalId(id: string, email: string): string {
  const hex = createHash("sha256").update(`kasa-account ${id} ${email.trim().toLowerCase()}`).digest("hex");
  const variant = "89ab"[Number.parseInt(hex.charAt(16), 16) % 4];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
