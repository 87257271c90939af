/** Lifetime of a token in seconds; real ones live for hours. */
export const TOKEN_LIFE_S = 6;
/** Online clients of the Omada site. */
export const CLIENTS = 300;

/** Addresses and credentials of the simulated platforms, and the ids that the flow uses. */
export interface PlatformAddresses {
  kasa: { url: string; email: string; password: string; lamp: string; plugs: string[] };
  omada: { url: string; fingerprint: string; omadacId: string; clientId: string; clientSecret: string; apMac: string };
  peplink: { url: string; fingerprint: string; clientId: string; clientSecret: string };
  house: {
    url: string;
    email: string;
    password: string;
    /** Every address that a device may have. */
    hosts: string;
    lights: string[];
    plugs: string[];
    /** A plug that nobody switches. */
    still: string;
    /** The address of a plug that is switched by hand, and never disturbed. */
    witnessHost: string;
  };
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

/** What became of the devices on the local network. */
export interface HouseReport {
  /** The mark of each write that was carried out, and the device that has done it, in order. */
  writes: [mark: number, deviceId: string][];
  /** When a device was switched by hand, in milliseconds since 1970. */
  toggles: [at: number, on: boolean][];
  /** How often each disturbance has happened. */
  spoiled: Record<string, number>;
}

export interface PlatformReport {
  platforms: Record<keyof PlatformAddresses, PlatformStats>;
  /** Numbers of the webhook posts that were answered with 200. */
  acceptedPosts: number[];
  house: HouseReport;
}

/** Commands for the process of the platforms, and its responses. */
export type PlatformCommand = { disturb: WebhookTarget } | "heal" | "report";
export type PlatformMessage = { addresses: PlatformAddresses } | { healed: true } | { report: PlatformReport };

/** Where the webhook is posted to. */
export interface WebhookTarget {
  url: string;
  secret: string;
}
