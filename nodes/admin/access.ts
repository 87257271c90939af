import type { NodeAPI } from "node-red";
import { PlatformError } from "../../src/core/errors";

/** The part of Express's request that is used here. */
export interface AdminRequest {
  params: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
  headers: Record<string, string | string[] | undefined>;
  /** Who has signed in; left out without adminAuth. */
  user?: object | undefined;
}

/**
 * Refuses requests of other web pages. Without adminAuth Node-RED serves everybody, and its core lets every origin read
 * the responses: a page that somebody in this network opens could look around in it.
 * @throws `forbidden`
 */
export function refuseOtherPages({ headers, user }: AdminRequest): void {
  // Whoever has signed in has a token, which no other page knows.
  if (user && !(user as { anonymous?: boolean }).anonymous) return;
  const site = headers["sec-fetch-site"];
  if (site === "same-origin" || site === "none") return;
  const { origin } = headers;
  // Browsers leave out Sec-Fetch-Site where Node-RED is reached by plain http; other programs send neither.
  if (site === undefined && origin === undefined) return;
  if (site !== "cross-site" && hostname(String(origin)) === hostname(`http://${String(headers["host"])}`)) return;
  throw new PlatformError(
    "forbidden",
    "This request comes from another web page. If it does not, let the reverse proxy pass on the Host header, or secure Node-RED with adminAuth.",
  );
}

function hostname(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** The part of Express's middleware that is used here. */
type Middleware = (request: object, response: object, next: () => void) => void;

/** Whether the user of a request has a permission. Without adminAuth everybody has all of them. */
export function hasPermission(RED: NodeAPI, request: AdminRequest, permission: string): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (): void => resolve(false);
    const refusal = { status: () => ({ end }), setHeader: () => undefined, end };
    const check = RED.auth.needsPermission(permission) as unknown as Middleware;
    check(request, refusal, () => resolve(true));
  });
}
