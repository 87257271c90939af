import { KasaCloud } from "../../test/support/simulators/kasa/cloud";
import { Bulb } from "../../test/support/simulators/kasa/lights";
import { Plug } from "../../test/support/simulators/kasa/plugs";
import { OmadaController } from "../../test/support/simulators/omada/controller";
import { PeplinkRouter } from "../../test/support/simulators/peplink/router";
import type { Asked, SimulatedServer } from "../../test/support/simulators/simulated-server";
import { CLIENTS, TOKEN_LIFE_S, type Told, type Where } from "./types";

/** A simulated platform, and what may be done to it. */
export interface Platform {
  server: SimulatedServer;
  told: Told;
  signIns: () => number;
  isSignIn: (asked: Asked) => boolean;
  /** Milliseconds that a token lives. */
  lifeMs: number;
  /** Whether there is reason to sign in: nobody has, or a token was spent or lost. */
  reason: boolean;
  spentAt: number;
  /** What can go wrong beside the network: each is done now and then. */
  verbs: (() => void)[];
  /** Puts an end to what a verb left behind. */
  mend: () => void;
}

interface Started<Name extends keyof Where> {
  platform: Platform;
  where: Where[Name];
}

const none = (): Told => ({ requests: 0, faults: 0, signIns: 0, needless: 0, marks: [] });

/** A cloud that remembers the mark of each set light. */
export async function startKasa(): Promise<Started<"kasa">> {
  const cloud = await KasaCloud.start();
  const { server, url, email, password } = cloud;
  const lamp = cloud.device(Bulb, "Hall lamp");
  const modem = cloud.device(Plug, "Modem");
  const freezer = cloud.device(Plug, "Freezer");
  const told = none();
  // A command is kept by the device that got it: a set light tells its mark as the length of its transition.
  lamp.commands.push = (command) => {
    const service = command["smartlife.iot.smartbulb.lightingservice"] as { [method: string]: Json } | undefined;
    const mark = service?.["transition_light_state"]?.["transition_period"];
    if (typeof mark === "number") told.marks.push(mark);
    return 0;
  };
  const platform: Platform = {
    server,
    told,
    signIns: () => cloud.signIns(),
    isSignIn: ({ body }) => /"method":"(login|refreshToken)"/.test(body),
    lifeMs: Infinity,
    reason: true,
    spentAt: 0,
    verbs: [
      () => spend(platform, () => cloud.expireTokens()),
      () => spend(platform, () => cloud.displaceTokens()),
      () => cloud.expireRefreshTokens(),
      () => server.dropConnections(),
      () => void (freezer.failWith = freezer.failWith ? 0 : -3),
      () => void (freezer.online = !freezer.online),
      () => void (modem.on = !modem.on),
    ],
    mend: () => Object.assign(freezer, { failWith: 0, online: true }),
  };
  setInterval(() => {
    for (const device of cloud.devices) device.commands.length = 0;
  }, 1000);
  const plugs = [modem.deviceId, freezer.deviceId];
  return { platform, where: { url, email, password, lamp: lamp.deviceId, plugs } };
}

/** A controller that remembers the mark of each renamed network, writes a log, and posts to a webhook. */
export async function startOmada(): Promise<Started<"omada"> & { controller: OmadaController }> {
  const controller = await OmadaController.start();
  controller.expiresIn = TOKEN_LIFE_S;
  controller.addClients(controller.site("Harbour"), CLIENTS - controller.clients.filter(isOnline).length);
  const ap = controller.device("Hall AP");
  const visitors = controller.addClients(controller.site("Depot"), 5);
  const told = none();
  // A network's name is written over again and again: each time counts.
  let name = String(ap.ssids[0]?.ssidName);
  Object.defineProperty(ap.ssids[0], "ssidName", {
    enumerable: true,
    get: () => name,
    set: (to: string) => {
      name = to;
      told.marks.push(Number(to));
    },
  });
  const { server, url, omadacId, clientId, clientSecret, fingerprint = "" } = controller;
  const platform: Platform = {
    server,
    told,
    signIns: () => controller.signIns(),
    isSignIn: ({ path }) => path.startsWith("/openapi/authorize/"),
    lifeMs: TOKEN_LIFE_S * 1000,
    reason: true,
    spentAt: 0,
    verbs: [
      () => spend(platform, () => controller.expireTokens()),
      () => spend(platform, () => controller.invalidateTokens()),
      () => controller.expireRefreshTokens(),
      () => server.dropConnections(),
      () => void (controller.rateLimit = controller.rateLimit ? undefined : 20),
      () => {
        for (const visitor of visitors) {
          if (visitor.active) controller.leave(visitor);
          else controller.join(visitor);
        }
      },
    ],
    mend: () => void (controller.rateLimit = undefined),
  };
  return { controller, platform, where: { url, omadacId, clientId, clientSecret, fingerprint, apMac: ap.mac } };
}

/** A router that remembers the mark of each sent message. */
export async function startRouter(): Promise<Started<"router">> {
  const router = await PeplinkRouter.start();
  router.expiresIn = TOKEN_LIFE_S;
  const told = none();
  router.world.sentMessages.push = ({ content }) => told.marks.push(Number(content));
  const { server, url, clientId, clientSecret, fingerprint = "" } = router;
  const [fibre, starlink] = [router.wan("Fibre"), router.wan("Starlink")];
  const toggle = (wan: typeof fibre): void => (wan.up ? wan.takeDown() : wan.bringUp());
  const platform: Platform = {
    server,
    told,
    signIns: () => router.signIns(),
    isSignIn: ({ path }) => path === "/api/auth.token.grant",
    lifeMs: TOKEN_LIFE_S * 1000,
    reason: true,
    spentAt: 0,
    verbs: [
      () => spend(platform, () => router.expireSessions()),
      () => server.dropConnections(),
      () => router.answerInternalError(2),
      () => toggle(fibre),
      () => toggle(starlink),
      () => void (router.honest401 = !router.honest401),
    ],
    mend: () => {
      fibre.bringUp();
      starlink.bringUp();
    },
  };
  return { platform, where: { url, clientId, clientSecret, fingerprint } };
}

type Json = Record<string, unknown>;

const isOnline = ({ active }: { active: boolean }): boolean => active;

const SPEND_EVERY_MS = 2000;

// Two spent tokens in a row are an error by contract, and then renewals rest for a while: not too often, therefore.
function spend(platform: Platform, verb: () => void): void {
  if (Date.now() - platform.spentAt < SPEND_EVERY_MS) return;
  platform.spentAt = Date.now();
  platform.reason = true;
  verb();
}
