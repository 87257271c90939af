import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import type { AbortSignalLike } from "../core/abort";
import { PlatformError } from "../core/errors";
import { RequestNotSentError } from "./retry";

/** An HTTP proxy. Every connection to a platform is a tunnel through it, so it sees neither paths nor tokens. */
export interface ProxySettings {
  /** Scheme, host and port. */
  origin: string;
  /** Value of the `Proxy-Authorization` header. */
  authorization?: string | undefined;
}

/** A head that is longer makes Node give up; what follows belongs to the platform. */
const MAX_HEAD_BYTES = 16 * 1024;

/**
 * Parses the address of a proxy.
 * @param text a URL; http where it has no scheme
 * @param credentials instead of those in the URL
 * @throws `config`, and quotes nothing of the text: it may hold a password
 */
export function parseProxy(text: string, credentials: { username?: string; password?: string } = {}): ProxySettings {
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url?.hostname || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw new PlatformError("config", "The address of the proxy is not one such as http://proxy.example:3128.");
  }
  const username = credentials.username || decode(url.username);
  const password = credentials.password || decode(url.password);
  const isAnonymous = !username && !password;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  return { origin: url.origin, ...(isAnonymous ? {} : { authorization }) };
}

// A percent sign that encodes nothing is meant as it is.
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Whether a list such as NO_PROXY exempts a server, by the rules of Node-RED's own http request: names or addresses,
 * separated by commas or spaces, with or without a port; `*` or a dot at the start matches the end of a name.
 */
export function isExempt(noProxy: string, origin: string): boolean {
  const { hostname, port, protocol } = new URL(origin);
  const serverPort = port || (protocol === "https:" ? "443" : "80");
  return noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .filter(Boolean)
    .some((entry) => {
      const [, name = entry, entryPort = serverPort] = /^(.+):(\d+)$/.exec(entry) ?? [];
      if (entryPort !== serverPort) return false;
      const suffix = name.startsWith("*") ? name.slice(1) : name;
      return /^[.*]/.test(name) ? hostname.endsWith(suffix) : hostname === name;
    });
}

/**
 * Opens a tunnel to a server.
 * @throws `config` if the proxy wants credentials, `network` if it cannot be reached or refuses the server; the signal's
 * reason when aborted
 */
export function openTunnel(
  { origin, authorization }: ProxySettings,
  server: { hostname: string; port: number },
  timeoutMs: number,
  signal: AbortSignalLike,
): Promise<Socket> {
  const authority = `${server.hostname.includes(":") ? `[${server.hostname}]` : server.hostname}:${server.port}`;
  const create = origin.startsWith("https:") ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const request = create(origin, {
      method: "CONNECT",
      path: authority,
      agent: false,
      maxHeaderSize: MAX_HEAD_BYTES,
      headers: { host: authority, ...(authorization ? { "proxy-authorization": authorization } : {}) },
    });
    const fail = (error: unknown): void => {
      finish();
      request.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason);
    const timer = setTimeout(() => fail(proxyError("timeout", "did not respond in time")), timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    signal.addEventListener("abort", onAbort, { once: true });

    request.once("connect", ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      // A proxy has nothing to say before the platform does.
      if (statusCode === 200 && head.length === 0) {
        finish();
        return resolve(socket);
      }
      socket.destroy();
      fail(refusal(statusCode));
    });
    request.once("response", ({ statusCode = 0 }) => fail(refusal(statusCode)));
    // Stays: a late error without a listener would end the runtime.
    request.on("error", (error: NodeJS.ErrnoException) => fail(proxyError("network", "cannot be reached", error.code)));
    request.end();
  });
}

function refusal(statusCode: number): PlatformError {
  if (statusCode === 407) {
    return new PlatformError(
      "config",
      "The proxy wants a user name and password (HTTP 407). Enter them in the HTTP proxy node, or in the proxy's address.",
      { statusCode },
    );
  }
  return new PlatformError("network", `The proxy refused to connect to the server (HTTP ${statusCode}).`, {
    statusCode,
  });
}

function proxyError(code: "network" | "timeout", problem: string, cause = ""): PlatformError {
  const sentence = `The proxy ${problem}. Check its address, and that it is running.${cause ? ` (${cause})` : ""}`;
  return new RequestNotSentError(code, sentence);
}
