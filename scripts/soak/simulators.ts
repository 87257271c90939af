import { KasaCloud } from "../../test/support/simulators/kasa/cloud";
import { Bulb } from "../../test/support/simulators/kasa/lights";
import { Plug } from "../../test/support/simulators/kasa/plugs";
import { OmadaController } from "../../test/support/simulators/omada/controller";
import { PeplinkRouter } from "../../test/support/simulators/peplink/router";
import type { RecordedRequest, SimulatedServer } from "../../test/support/simulators/simulated-server";
import { CLIENTS, TOKEN_LIFE_S, type PlatformAddresses, type PlatformStats } from "./types";

/** A simulated platform, and the ways to disturb it. */
export interface SoakPlatform {
  server: SimulatedServer;
  stats: PlatformStats;
  signIns: () => number;
  isSignIn: (asked: RecordedRequest) => boolean;
  /** Lifetime of a token in milliseconds. */
  lifeMs: number;
  /** Whether a sign-in is justified: there has been none, or the token became invalid or was lost. */
  signInExpected: boolean;
  invalidatedAt: number;
  /** What can go wrong besides the network; one of them is chosen now and then. */
  disturbances: (() => void)[];
  /** Undoes what a disturbance left behind. */
  repair: () => void;
}

export interface StartedPlatform<Name extends keyof PlatformAddresses> {
  platform: SoakPlatform;
  addresses: PlatformAddresses[Name];
}

export const emptyStats = (): PlatformStats => ({
  requests: 0,
  injectedFaults: 0,
  signIns: 0,
  unnecessarySignIns: 0,
  marks: [],
});

/** A cloud that records the mark of each command to a light. */
export async function startKasa(): Promise<StartedPlatform<"kasa">> {
  const cloud = await KasaCloud.start();
  const { server, url, email, password } = cloud;
  const lamp = cloud.device(Bulb, "Hall lamp");
  const modem = cloud.device(Plug, "Modem");
  const freezer = cloud.device(Plug, "Freezer");
  const stats = emptyStats();
  // The device stores each command. The mark is sent as the length of the transition.
  lamp.commands.push = (command) => {
    const service = command["smartlife.iot.smartbulb.lightingservice"] as { [method: string]: JsonObject } | undefined;
    const mark = service?.["transition_light_state"]?.["transition_period"];
    if (typeof mark === "number") stats.marks.push(mark);
    return 0;
  };
  const platform: SoakPlatform = {
    server,
    stats,
    signIns: () => cloud.signIns(),
    isSignIn: ({ body }) => /"method":"(login|refreshToken)"/.test(body),
    lifeMs: Infinity,
    signInExpected: true,
    invalidatedAt: 0,
    disturbances: [
      () => invalidate(platform, () => cloud.expireTokens()),
      () => invalidate(platform, () => cloud.displaceTokens()),
      () => cloud.expireRefreshTokens(),
      () => server.dropConnections(),
      () => void (freezer.failWith = freezer.failWith ? 0 : -3),
      () => void (freezer.online = !freezer.online),
      () => void (modem.on = !modem.on),
    ],
    repair: () => Object.assign(freezer, { failWith: 0, online: true }),
  };
  setInterval(() => {
    for (const device of cloud.devices) device.commands.length = 0;
  }, 1000);
  const plugs = [modem.deviceId, freezer.deviceId];
  return { platform, addresses: { url, email, password, lamp: lamp.deviceId, plugs } };
}

/** A controller that records the mark of each renamed wireless network. */
export async function startOmada(): Promise<StartedPlatform<"omada"> & { controller: OmadaController }> {
  const controller = await OmadaController.start();
  controller.expiresIn = TOKEN_LIFE_S;
  controller.addClients(controller.site("Harbour"), CLIENTS - controller.clients.filter(isOnline).length);
  const ap = controller.device("Hall AP");
  const visitors = controller.addClients(controller.site("Depot"), 5);
  const stats = emptyStats();
  // The name is overwritten again and again, and each time counts.
  let name = String(ap.ssids[0]?.ssidName);
  Object.defineProperty(ap.ssids[0], "ssidName", {
    enumerable: true,
    get: () => name,
    set: (to: string) => {
      name = to;
      stats.marks.push(Number(to));
    },
  });
  const { server, url, omadacId, clientId, clientSecret, fingerprint = "" } = controller;
  const platform: SoakPlatform = {
    server,
    stats,
    signIns: () => controller.signIns(),
    isSignIn: ({ path }) => path.startsWith("/openapi/authorize/"),
    lifeMs: TOKEN_LIFE_S * 1000,
    signInExpected: true,
    invalidatedAt: 0,
    disturbances: [
      () => invalidate(platform, () => controller.expireTokens()),
      () => invalidate(platform, () => controller.invalidateTokens()),
      () => controller.expireRefreshTokens(),
      () => server.dropConnections(),
      () => void (controller.rateLimit = controller.rateLimit ? undefined : 20),
      () => {
        for (const visitor of visitors) {
          if (visitor.active) controller.disconnectClient(visitor);
          else controller.connectClient(visitor);
        }
      },
    ],
    repair: () => void (controller.rateLimit = undefined),
  };
  return { controller, platform, addresses: { url, omadacId, clientId, clientSecret, fingerprint, apMac: ap.mac } };
}

/** A router that records the mark of each SMS. */
export async function startPeplink(): Promise<StartedPlatform<"peplink">> {
  const router = await PeplinkRouter.start();
  router.expiresIn = TOKEN_LIFE_S;
  const stats = emptyStats();
  router.world.sentMessages.push = ({ content }) => stats.marks.push(Number(content));
  const { server, url, clientId, clientSecret, fingerprint = "" } = router;
  const [fibre, starlink] = [router.wan("Fibre"), router.wan("Starlink")];
  const toggle = (wan: typeof fibre): void => (wan.up ? wan.takeDown() : wan.bringUp());
  const platform: SoakPlatform = {
    server,
    stats,
    signIns: () => router.signIns(),
    isSignIn: ({ path }) => path === "/api/auth.token.grant",
    lifeMs: TOKEN_LIFE_S * 1000,
    signInExpected: true,
    invalidatedAt: 0,
    disturbances: [
      () => invalidate(platform, () => router.expireSessions()),
      () => server.dropConnections(),
      () => router.failWithInternalError(2),
      () => toggle(fibre),
      () => toggle(starlink),
      () => void (router.uses401Status = !router.uses401Status),
    ],
    repair: () => {
      fibre.bringUp();
      starlink.bringUp();
    },
  };
  return { platform, addresses: { url, clientId, clientSecret, fingerprint } };
}

type JsonObject = Record<string, unknown>;

const isOnline = ({ active }: { active: boolean }): boolean => active;

const INVALIDATE_EVERY_MS = 2000;

// Not more often, because two invalid tokens in a row are an error, after which renewals are suspended for a while.
export function invalidate(platform: SoakPlatform, invalidateTokens: () => void): void {
  if (Date.now() - platform.invalidatedAt < INVALIDATE_EVERY_MS) return;
  platform.invalidatedAt = Date.now();
  platform.signInExpected = true;
  invalidateTokens();
}
