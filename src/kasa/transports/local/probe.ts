import { generateKeyPair } from "node:crypto";
import type { Socket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { SYSINFO_PROBE } from "./discovery-message";

/** Where devices listen. */
export interface DiscoveryPorts {
  /** Of older devices, for UDP and for TCP. */
  xor: number;
  /** Of newer devices, for UDP. */
  probe: number;
  /** Of newer devices, for TCP, where they do not say it. */
  http: number;
}

/** Where a probe goes. */
export interface ProbeTarget extends DiscoveryPorts {
  address: string;
}

let publicKey: Promise<string> | undefined;

/** One key for the whole process: only cameras use it, and making it takes a while. */
export function createPublicKey(): Promise<string> {
  return (publicKey ??= new Promise((resolve, reject) => {
    const options = {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    } as const;
    generateKeyPair("rsa", options, (error, key) => (error ? reject(error) : resolve(key)));
  }));
}

/** Asks devices of both generations. */
export function sendProbes(socket: Socket, request: Buffer, targets: readonly ProbeTarget[]): void {
  for (const { address, probe, xor } of targets) {
    // A network that is down must not keep the others from being asked.
    socket.send(request, probe, address, () => undefined);
    socket.send(SYSINFO_PROBE, xor, address, () => undefined);
  }
}

/** The targets for addresses and names, each with a port where it is another one. Names that are unknown are left out. */
export async function resolveHosts(hosts: readonly string[], defaults: DiscoveryPorts): Promise<ProbeTarget[]> {
  const resolved = hosts.map(async (text) => {
    const [host = "", port] = text.split(":");
    const ports = port === undefined ? defaults : { xor: Number(port), probe: Number(port), http: Number(port) };
    const found = isIP(host) === 4 ? host : (await lookup(host, { family: 4 }).catch(() => undefined))?.address;
    return found === undefined ? [] : [{ address: found, ...ports }];
  });
  return (await Promise.all(resolved)).flat();
}

/** Binds a socket to a free port, so that it may send broadcasts. */
export function bind(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    // Also later ones must not end the process.
    socket.on("error", reject);
    socket.bind(0, () => {
      socket.setBroadcast(true);
      resolve();
    });
  });
}
