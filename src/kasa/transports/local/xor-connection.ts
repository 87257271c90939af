import { connect, type Socket } from "node:net";
import { protocolError } from "../../../http/response";
import { brokenError, connectError, connectionError, MAX_RESPONSE_BYTES, type Attempt } from "./attempt";
import { parseDeviceJson, type DeviceJson, type LocalConnection } from "./connection";
import type { LocalEndpoint } from "./endpoint";
import { encodeFrame, FrameReader } from "./xor";

/** Talks to devices with older firmware, which ask for no credentials: a TCP connection for each command. */
export class XorConnection implements LocalConnection {
  readonly hasSession = false;
  readonly #endpoint: LocalEndpoint;

  constructor(endpoint: LocalEndpoint) {
    this.#endpoint = endpoint;
  }

  async exchange(command: string, { signal, connectTimeoutMs }: Attempt): Promise<DeviceJson> {
    const { host, port } = this.#endpoint;
    signal.throwIfAborted();
    // Without Nagle's algorithm the request leaves in one segment: some devices expect that.
    const socket = connect({ host, port, noDelay: true });
    const connectTimer = setTimeout(() => socket.destroy(connectError("ETIMEDOUT")), connectTimeoutMs);
    socket.once("connect", () => clearTimeout(connectTimer));
    const onAbort = (): void => void socket.destroy(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return parseDeviceJson(await readResponse(socket, command));
    } finally {
      clearTimeout(connectTimer);
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
    }
  }
}

function readResponse(socket: Socket, command: string): Promise<string> {
  const reader = new FrameReader(MAX_RESPONSE_BYTES);
  let isConnected = false;
  return new Promise((resolve, reject) => {
    socket.once("connect", () => {
      isConnected = true;
      socket.write(encodeFrame(command));
    });
    socket.on("data", (chunk) => {
      try {
        const text = reader.read(chunk);
        if (text !== undefined) resolve(text);
      } catch {
        reject(protocolError("It is larger than 1 MiB, or not from a Kasa device."));
      }
    });
    socket.once("error", (error) => reject(connectionError(error, isConnected)));
    socket.once("close", () => reject(brokenError()));
  });
}
