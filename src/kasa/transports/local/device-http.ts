import { request, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { connect as connectOverTls } from "node:tls";
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
    // Without an agent, and with its headers as a list, a request costs half.
    const createConnection = (): Socket => {
      // Each device has a certificate of its own, which nobody has signed: it is the envelope that proves who it is.
      const socket = isHttps ? connectOverTls({ host, port, rejectUnauthorized: false }) : connect({ host, port });
      return socket.setNoDelay(true).once(isHttps ? "secureConnect" : "connect", () => {
        isConnected = true;
        clearTimeout(connectTimer);
      });
    };
    const isUsualPort = port === (isHttps ? 443 : 80);
    const headers = headersOf(isUsualPort ? host : `${host}:${port}`, body, cookie);
    const sent = request({ path, method: "POST", headers, createConnection }, (message) => {
      const received = new BodyBuffer(MAX_RESPONSE_BYTES);
      message.on("data", (chunk: Buffer) => {
        if (!received.append(chunk)) fail(protocolError("It is larger than 1 MiB.", message.statusCode));
      });
      message.once("end", () => {
        const { statusCode = 0 } = message;
        finish();
        resolve({ statusCode, body: received.toBuffer(), ...parseCookie(message) });
      });
      message.once("error", () => fail(brokenError()));
    });
    const connectTimer = setTimeout(() => fail(connectError("ETIMEDOUT")), connectTimeoutMs);
    const onAbort = (): void => fail(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    // Errors that come later, when the request is destroyed, are of no interest.
    sent.on("error", (error) => fail(error));
    sent.end(body);

    function finish(): void {
      clearTimeout(connectTimer);
      signal.removeEventListener("abort", onAbort);
      sent.destroy();
    }
    function fail(error: Error & { code?: string }): void {
      finish();
      const isHttp = !error.code?.startsWith("HPE_");
      reject(isHttp ? connectionError(error, isConnected) : protocolError("It is not HTTP."));
    }
  });
}

function headersOf(host: string, body: Buffer | string, cookie: string | undefined): string[] {
  const headers = [
    "Host",
    host,
    "Accept",
    "*/*",
    "Content-Type",
    typeof body === "string" ? "application/json" : "application/octet-stream",
    "Content-Length",
    String(Buffer.byteLength(body)),
    "Connection",
    "close",
  ];
  // An empty header brings a web page instead of the response.
  if (cookie !== undefined) headers.push("Cookie", cookie);
  return headers;
}

/** `TP_SESSIONID=<32 hex>;TIMEOUT=86400`: two pairs in one cookie, and on some devices `SESSIONID`. */
const SESSION_COOKIE = /^\s*((?:TP_)?SESSIONID=[\w.-]{1,128})(?:\s*;\s*TIMEOUT=(\d{1,7}))?/i;

function parseCookie({ headers }: IncomingMessage): Pick<DeviceHttpResponse, "cookie" | "sessionMs"> {
  const [, cookie, timeout] = headers["set-cookie"]?.map((text) => SESSION_COOKIE.exec(text)).find(Boolean) ?? [];
  return { cookie, sessionMs: timeout === undefined ? undefined : Number(timeout) * 1000 };
}
