import { PlatformError, type ErrorCode, type ErrorDetails } from "../core/errors";

/** What a controller's numbers mean (omada.md section 2); `token` is the session's own affair. */
const MEANINGS: [ErrorCode | "token", number[]][] = [
  ["token", [-44112, -44113, -44116, -1200]],
  ["sign-in", [-44106, -44107, -44108, -44109, -44110, -44111, -44114, -30165]],
  ["config", [-7131]],
  ["forbidden", [-1005, -1007, -1505, -44118]],
  [
    "not-found",
    [-1300, -33000, -33009, -33503, -35112, -39006, -39050, -39303, -39306, -39501, -39700, -39701, -40200],
  ],
  ["not-found", [-41002, -41004, -41006, -41010, -41011, -44202, -44700, -45000]],
  ["unsupported", [-1600, -35113, -39747, -43208, -44119, -44205]],
  ["offline", [-33411, -34808, -39005, -39007, -39012, -45001]],
  ["busy", [-1501, -7132, -30028, -33004, -33011, -39008, -39009, -39010, -39011, -45002, -45003]],
];

const CODES = new Map(MEANINGS.flatMap(([code, numbers]) => numbers.map((number) => [number, code] as const)));

const HINTS: Readonly<Record<number, string>> = {
  [-44106]:
    "The controller refuses the client id or the client secret. Correct them in the config node; until then no further sign-in is tried.",
  [-44112]:
    "The controller refuses a session that it has just granted. Check its clock, and the rights of the Open API application.",
  [-44113]: "The controller refuses a session that it has just granted. Check the rights of the Open API application.",
  [-44116]:
    "The controller refuses the authorisation. Check the Open API application: its mode, its role and its sites.",
  [-44118]:
    'This operation needs mode "authorization code". Choose it in the config node, with a user name and password.',
  [-44119]: "This operation is for Omada Pro controllers only.",
  [-30165]: 'The user has 2-step verification on. Use mode "client", or a user without it.',
  [-7131]:
    "The controller does not know this Omada ID, or this path. Check the Omada ID, and that the server address is of the right region.",
  [-1005]: "The Open API application may not do this. Give it the role that it needs, in the controller's settings.",
  [-1007]: "The Open API application may not do this. Give it the role that it needs, in the controller's settings.",
  [-1505]: "The Open API application has no rights on this site. Add the site to it, in the controller's settings.",
  [-1600]: "This controller does not have this path. Check its spelling; it may belong to another version.",
  [-7132]: "Too many requests for this controller. Ask less often.",
  [-33000]: "There is no such site.",
  [-39737]: "The port follows its profile. Switch its profile override on first.",
};

/** What a code of the controller comes to. */
export interface VendorError {
  /** Whether the token is spent. */
  isInvalidToken: boolean;
  error: PlatformError;
}

/**
 * Translates a controller's number.
 * @param words its own, redacted
 */
export function errorFromCode(vendorCode: number, words: string, statusCode: number): VendorError {
  const known = CODES.get(vendorCode);
  const spent = known === "token";
  const details: ErrorDetails = { vendorCode, statusCode, ...(words ? { vendorMessage: words } : {}) };
  const sentence = HINTS[vendorCode] ?? `The controller declined${words ? `: ${words.replace(/\.$/, "")}` : ""}.`;
  return {
    isInvalidToken: spent,
    error: new PlatformError(spent ? "sign-in" : (known ?? "rejected"), `${sentence} (${vendorCode})`, details),
  };
}
