import {
  CredentialsRefusedError,
  InvalidTokenError,
  isPlatformError,
  mentionsCredentials,
  mentionsLock,
  PlatformError,
  type ErrorCode,
  type ErrorDetails,
} from "../core/errors";

/** The controller does not know an Omada ID, or a path. */
export const CONTROLLER_UNKNOWN = -7131;

/** The numbers with which it says that it does not know a site. */
const SITE_UNKNOWN: readonly number[] = [-1300, -33000];

/** What the controller's error numbers mean (omada.md section 2). The session handles `token` itself. */
const NUMBERS_BY_CODE: readonly [ErrorCode | "token", readonly number[]][] = [
  ["token", [-44112, -44113, -44116, -1200]],
  ["sign-in", [-44106, -44107, -44108, -44109, -44110, -44111, -44114, -30165]],
  ["config", [CONTROLLER_UNKNOWN]],
  ["forbidden", [-1005, -1007, -1505, -44118]],
  [
    "not-found",
    [...SITE_UNKNOWN, -33009, -33503, -35112, -39006, -39050, -39303, -39306, -39501, -39700, -39701, -40200],
  ],
  ["not-found", [-41002, -41004, -41006, -41010, -41011, -44202, -44700, -45000]],
  ["unsupported", [-1600, -35113, -39747, -43208, -44119, -44205]],
  ["offline", [-33411, -34808, -39005, -39007, -39012, -45001]],
  ["busy", [-1501, -7132, -30028, -33004, -33011, -39008, -39009, -39010, -39011, -45002, -45003]],
];

const CODES = new Map(NUMBERS_BY_CODE.flatMap(([code, numbers]) => numbers.map((number) => [number, code] as const)));

/** The controller refuses the client id or the client secret. */
export const CLIENT_REFUSED = -44106;

/** The numbers with which it refuses what the settings contain; a restart of the controller has others. */
const CREDENTIALS_REFUSED: ReadonlySet<number> = new Set([CLIENT_REFUSED, -44107, -44111, -30165]);
const NO_FURTHER_SIGN_IN = "Correct them in the config node; no further sign-in is attempted until then.";

const LOCKED =
  "The controller has locked this account. Wait until it is unlocked, then check the password in the config node.";

const HINTS: Readonly<Record<number, string>> = {
  [CLIENT_REFUSED]: `The controller refuses the client id or the client secret. ${NO_FURTHER_SIGN_IN}`,
  [-44112]:
    "The controller refuses a session that it has just granted. Check its clock, and the permissions of the Open API application.",
  [-44113]:
    "The controller refuses a session that it has just granted. Check the permissions of the Open API application.",
  [-44116]:
    "The controller refuses the authorization. Check the Open API application: its mode, its role and its sites.",
  [-44118]:
    'This operation needs mode "authorization code". Choose it in the config node, with a user name and password.',
  [-44119]: "Only Omada Pro controllers support this operation.",
  [-30165]: 'The user has 2-step verification enabled. Use mode "client", or a user without it.',
  [CONTROLLER_UNKNOWN]:
    "The controller does not know this Omada ID or this path. Check the Omada ID, and that the server address is in the right region.",
  [-1005]:
    "The Open API application is not allowed to do this. Give it the required role in the controller's settings.",
  [-1007]:
    "The Open API application is not allowed to do this. Give it the required role in the controller's settings.",
  [-1505]: "The Open API application has no access to this site. Add the site to it in the controller's settings.",
  [-1600]: "This controller does not have this path. Check the spelling; it may belong to another version.",
  [-7132]: "Too many requests for this controller. Send fewer requests.",
  [-33000]: "There is no such site.",
  [-39737]: "The port follows its profile. Turn on its profile override first.",
};

const FORBIDDEN =
  "The controller refuses this request, although it accepts the session for others. Give the Open API application the required role and sites in the controller's settings.";

/**
 * Translates the error number of an envelope.
 * @param vendorMessage the controller's own text, redacted
 * @returns an `InvalidTokenError` where a new token may help
 */
export function errorFromCode(
  vendorCode: number,
  vendorMessage: string,
  statusCode: number,
): PlatformError | InvalidTokenError {
  const code = CODES.get(vendorCode) ?? "rejected";
  const details: ErrorDetails = { vendorCode, statusCode, ...(vendorMessage ? { vendorMessage } : {}) };
  const quote = vendorMessage ? `: ${vendorMessage.replace(/\.$/, "")}` : "";
  const sentence = HINTS[vendorCode] ?? `The controller declined${quote}.`;
  const error = new PlatformError(code === "token" ? "sign-in" : code, `${sentence} (${vendorCode})`, details);
  return code === "token" || statusCode === 401 ? invalidToken(error) : error;
}

/** The controller refuses the token of a request. @param error for the caller, if it refuses a new token as well */
export function invalidToken(error: PlatformError): InvalidTokenError {
  const { vendorCode } = error.details;
  const sentence = vendorCode === undefined ? FORBIDDEN : `${FORBIDDEN} (${vendorCode})`;
  return new InvalidTokenError(error, new PlatformError("forbidden", sentence, error.details));
}

/**
 * Translates a failed sign-in. A controller that is loading responds with all kinds of errors, so only a refusal that is
 * about the credentials counts as one.
 * @param credentials what was refused, for the sentence
 */
export function errorFromSignIn(thrown: unknown, credentials: string): unknown {
  const error = thrown instanceof InvalidTokenError ? thrown.failure : thrown;
  if (!(error instanceof PlatformError)) return error;
  const { vendorCode = 0, vendorMessage } = error.details;
  if (CREDENTIALS_REFUSED.has(vendorCode)) return new CredentialsRefusedError(error.message, error.details);
  if (CODES.has(vendorCode) || !mentionsCredentials(vendorMessage)) return error;
  const sentence = mentionsLock(vendorMessage)
    ? LOCKED
    : `The controller refuses ${credentials}. ${NO_FURTHER_SIGN_IN}`;
  return new CredentialsRefusedError(`${sentence} (${vendorCode})`, error.details);
}

/** Whether the controller does not know the site of a request. */
export function isSiteUnknown(error: unknown): boolean {
  return isPlatformError(error, "not-found") && SITE_UNKNOWN.includes(error.details.vendorCode ?? 0);
}

/** Whether the controller gave no response that could be judged: another request would not fare better right now. */
export function isUnreachable(error: unknown): error is PlatformError {
  return isPlatformError(error, "network", "tls", "timeout", "busy", "cancelled");
}

/** Whether the controller responded, although not with what was requested: another request may succeed. */
export function isResponseError(error: unknown): boolean {
  return error instanceof InvalidTokenError || (error instanceof PlatformError && !isUnreachable(error));
}
