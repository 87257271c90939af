/** Lifetime of a token in seconds; real ones live for hours. */
export const TOKEN_LIFE_S = 6;
/** Online clients of the Omada site. */
export const CLIENTS = 300;

/** Addresses and credentials of the simulated platforms, and the ids that the flow uses. */
export interface PlatformAddresses {
  kasa: { url: string; email: string; password: string; lamp: string; plugs: string[] };
  omada: { url: string; fingerprint: string; omadacId: string; clientId: string; clientSecret: string; apMac: string };
  peplink: { url: string; fingerprint: string; clientId: string; clientSecret: string };
}

/** The counters of one platform. */
export interface PlatformStats {
  requests: number;
  injectedFaults: number;
  signIns: number;
  /** Sign-ins although the last token was still valid and had reached the client. */
  unnecessarySignIns: number;
  /** The marks of all writes that were carried out, once for each time. */
  marks: number[];
}

export interface PlatformReport {
  platforms: Record<keyof PlatformAddresses, PlatformStats>;
  /** Numbers of the webhook posts that were answered with 200. */
  acceptedPosts: number[];
}

/** Commands for the process of the platforms, and its responses. */
export type PlatformCommand = { disturb: WebhookTarget } | "heal" | "report";
export type PlatformMessage = { addresses: PlatformAddresses } | { healed: true } | { report: PlatformReport };

/** Where the webhook is posted to. */
export interface WebhookTarget {
  url: string;
  secret: string;
}
