import { type ErrorCode, type FailureDetails, PlatformError } from "../errors";

/** What a controller's numbers mean (omada.md section 2); `token` is the session's own affair. */
const CODES: Readonly<Record<number, ErrorCode | "token">> = {
  [-44112]: "token",
  [-44113]: "token",
  [-44116]: "token",
  [-1200]: "token",
  [-44106]: "sign-in",
  [-44107]: "sign-in",
  [-44108]: "sign-in",
  [-44109]: "sign-in",
  [-44110]: "sign-in",
  [-44111]: "sign-in",
  [-44114]: "sign-in",
  [-30165]: "sign-in",
  [-7131]: "config",
  [-1005]: "forbidden",
  [-1007]: "forbidden",
  [-1505]: "forbidden",
  [-44118]: "forbidden",
  [-1300]: "not-found",
  [-33000]: "not-found",
  [-39006]: "not-found",
  [-39050]: "not-found",
  [-39303]: "not-found",
  [-39501]: "not-found",
  [-39700]: "not-found",
  [-39701]: "not-found",
  [-41002]: "not-found",
  [-41004]: "not-found",
  [-41011]: "not-found",
  [-44202]: "not-found",
  [-1600]: "unsupported",
  [-44119]: "unsupported",
  [-39737]: "rejected",
  [-39747]: "unsupported",
  [-1501]: "busy",
  [-7132]: "busy",
  [-30028]: "busy",
  [-33004]: "busy",
  [-33011]: "busy",
  [-39005]: "offline",
  [-39007]: "offline",
  [-39008]: "busy",
  [-39009]: "busy",
  [-39010]: "busy",
  [-39011]: "busy",
  [-39012]: "offline",
};

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
export interface Verdict {
  /** Whether the token is spent. */
  spent: boolean;
  error: PlatformError;
}

/**
 * Translates a controller's number.
 * @param words its own, redacted
 */
export function readCode(vendorCode: number, words: string, statusCode: number): Verdict {
  const known = CODES[vendorCode];
  const spent = known === "token";
  const details: FailureDetails = { vendorCode, statusCode, ...(words ? { vendorMessage: words } : {}) };
  const sentence = HINTS[vendorCode] ?? `The controller declined${words ? `: ${words.replace(/\.$/, "")}` : ""}.`;
  return {
    spent,
    error: new PlatformError(spent ? "sign-in" : (known ?? "rejected"), `${sentence} (${vendorCode})`, details),
  };
}
