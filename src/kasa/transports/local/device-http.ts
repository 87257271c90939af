import { request, type IncomingMessage } from "node:http";
import { request as requestOverTls } from "node:https";
import { BodyBuffer } from "../../../http/body-buffer";
import { protocolError } from "../../../http/response";
import { brokenError, connectError, connectionError, MAX_RESPONSE_BYTES, type Attempt } from "./attempt";
import type { LocalEndpoint } from "./endpoint";

/** A complete response of a device's HTTP server. */
export interface DeviceHttpResponse {
  statusCode: number;
  body: Buffer;
  /** The cookie of the session, without its lifetime: the server answers with a web page to a client that returns that. */
  cookie: string | undefined;
  /** The lifetime of the session; undefined where the server has named none. */
  sessionMs: number | undefined;
}

/**
 * Sends a POST to a device. Its HTTP server is particular, so this is node:http and not undici, which writes some names of
 * headers in lower case; and each request has a connection of its own (kasa-local.md section 4).
 */
export function postToDevice(
  { host, port, isHttps = false }: LocalEndpoint,
  path: string,
  body: Buffer | string,
  cookie: string | undefined,
  { signal, connectTimeoutMs }: Attempt,
): Promise<DeviceHttpResponse> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let isConnected = false;
    const headers = {
      Accept: "*/*",
      "Content-Type": typeof body === "string" ? "application/json" : "application/octet-stream",
      "Content-Length": Buffer.byteLength(body),
      // An empty header brings a web page instead of the response.
      ...(cookie === undefined ? {} : { Cookie: cookie }),
    };
    // Each device has a certificate of its own, which nobody has signed: it is the envelope that proves who it is.
    const tls = isHttps ? { rejectUnauthorized: false } : {};
    const options = { host, port, path, method: "POST", headers, agent: false, ...tls } as const;
    const sent = (isHttps ? requestOverTls : request)(options, (message) => {
      const { statusCode = 0 } = message;
      const onBody = (buffer: Buffer): void =>
        finish(() => resolve({ statusCode, body: buffer, ...parseCookie(message) }));
      readBody(message).then(onBody, fail);
    });
    const connectTimer = setTimeout(() => fail(connectError("ETIMEDOUT")), connectTimeoutMs);
    const onAbort = (): void => fail(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    sent.once("socket", (socket) => {
      socket.setNoDelay(true);
      socket.once(isHttps ? "secureConnect" : "connect", () => {
        isConnected = true;
        clearTimeout(connectTimer);
      });
    });
    // Errors that come later, when the request is destroyed, are of no interest.
    sent.on("error", (error) => fail(error));
    sent.end(body);

    function finish(settle: () => void): void {
      clearTimeout(connectTimer);
      signal.removeEventListener("abort", onAbort);
      sent.destroy();
      settle();
    }
    function fail(error: Error & { code?: string }): void {
      const isHttp = !error.code?.startsWith("HPE_");
      finish(() => reject(isHttp ? connectionError(error, isConnected) : protocolError("It is not HTTP.")));
    }
  });
}

async function readBody(message: IncomingMessage): Promise<Buffer> {
  const body = new BodyBuffer(MAX_RESPONSE_BYTES);
  try {
    for await (const chunk of message as AsyncIterable<Buffer>)
      if (!body.append(chunk)) throw protocolError("It is larger than 1 MiB.", message.statusCode);
  } catch (error) {
    throw error instanceof Error && error.name === "PlatformError" ? error : brokenError();
  }
  return body.toBuffer();
}

/** `TP_SESSIONID=<32 hex>;TIMEOUT=86400`: two pairs in one cookie, and on some devices `SESSIONID`. */
const SESSION_COOKIE = /^\s*((?:TP_)?SESSIONID=[\w.-]{1,128})(?:\s*;\s*TIMEOUT=(\d{1,7}))?/i;

function parseCookie({ headers }: IncomingMessage): Pick<DeviceHttpResponse, "cookie" | "sessionMs"> {
  const [, cookie, timeout] = headers["set-cookie"]?.map((text) => SESSION_COOKIE.exec(text)).find(Boolean) ?? [];
  return { cookie, sessionMs: timeout === undefined ? undefined : Number(timeout) * 1000 };
}
