import { networkInterfaces } from "node:os";

const MAX_INTERFACES = 32;
/** Of a mask: a network that small has no address for all. */
const MAX_PREFIX_LENGTH = 30;

/** The broadcast address of each network that this machine is in: the general one leaves by one interface only. */
export function broadcastAddresses(interfaces = networkInterfaces()): string[] {
  const addresses = Object.values(interfaces)
    .flatMap((entries) => entries ?? [])
    .filter(({ family, internal, cidr }) => {
      return family === "IPv4" && !internal && Number(cidr?.split("/")[1]) <= MAX_PREFIX_LENGTH;
    })
    .map(({ address, netmask }) => directedBroadcast(address, netmask));
  return [...new Set(addresses)].slice(0, MAX_INTERFACES);
}

function directedBroadcast(address: string, netmask: string): string {
  const mask = netmask.split(".").map(Number);
  return address
    .split(".")
    .map((part, index) => Number(part) | (~(mask[index] ?? 255) & 255))
    .join(".");
}
