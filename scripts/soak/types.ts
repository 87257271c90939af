/** Seconds that a token lives here; in the world it is hours. */
export const TOKEN_LIFE_S = 6;
/** Clients of the Omada site that are online. */
export const CLIENTS = 300;

/** Where the platforms are, and what a flow needs to know of them. */
export interface Where {
  kasa: { url: string; email: string; password: string; lamp: string; plugs: string[] };
  omada: { url: string; fingerprint: string; omadacId: string; clientId: string; clientSecret: string; apMac: string };
  router: { url: string; fingerprint: string; clientId: string; clientSecret: string };
}

/** What became of one platform. */
export interface Told {
  requests: number;
  faults: number;
  signIns: number;
  /** How many sign-ins came although the last token had not expired, was not spent, and had not been lost on its way. */
  needless: number;
  /** The marks of all writes that were carried out, one for each time. */
  marks: number[];
}

export interface Report {
  platforms: Record<keyof Where, Told>;
  /** Numbers of the webhook's posts that were answered with 200. */
  posted: number[];
}
/** What the platforms are told, and what they answer. */
export type Order = { spoil: Hook } | "heal" | "report";
export type Word = { where: Where } | { healed: true } | { report: Report };

/** Where a webhook is posted to, and with what. */
export interface Hook {
  url: string;
  secret: string;
}
