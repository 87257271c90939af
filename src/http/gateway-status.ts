import type { Clock } from "../core/clock";
import { PlatformError } from "../core/errors";
import { protocolError, type HttpResponse } from "./response";
import { MAX_RETRY_AFTER_MS, parseRetryAfter } from "./retry";

/**
 * What a status means that something on the way to the platform may have sent in its place: a redirect, which is never
 * followed, a limit, or a gateway without anything behind it.
 * @returns undefined for any other status: what it means is for the platform to say
 */
export function errorFromGateway(response: HttpResponse, origin: string, clock: Clock): PlatformError | undefined {
  const { statusCode, headers } = response;
  if (statusCode < 300) return undefined;
  if (origin.startsWith("http:") && wantsHttps(response)) {
    return protocolError("The server wants https here: begin the server address with https.", statusCode);
  }
  if (statusCode < 400) {
    return protocolError("It is a redirect, and none is ever followed: check the server address.", statusCode);
  }
  if (![429, 502, 503, 504].includes(statusCode)) return undefined;
  const retryAfter = headers["retry-after"];
  const retryAfterMs = parseRetryAfter(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, clock.now());
  const details = { statusCode, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (statusCode === 429 || statusCode === 503 || (retryAfterMs ?? 0) > MAX_RETRY_AFTER_MS) {
    return new PlatformError("busy", `The platform asks for a pause (HTTP ${statusCode}).`, details);
  }
  return statusCode === 504
    ? new PlatformError("timeout", "A gateway in between got no response in time (HTTP 504).", details)
    : new PlatformError("network", "A gateway in between cannot reach the platform (HTTP 502).", details);
}

// Go, nginx and Tomcat respond with 400 to plain http at their TLS port, each with a sentence that names TLS or HTTPS.
function wantsHttps({ statusCode, headers, text }: HttpResponse): boolean {
  if (statusCode < 400) return /^https:/i.test(String(headers["location"] ?? ""));
  return statusCode === 400 && /\b(?:TLS|HTTPS)\b/.test(text.slice(0, 2000));
}
