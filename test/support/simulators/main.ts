import { parseArgs } from "node:util";
import { LanHouse } from "./kasa-local/house";
import { createNeighbourhood } from "./kasa-local/neighbourhood";
import { KasaCloud } from "./kasa/cloud";
import { OmadaController } from "./omada/controller";
import { PeplinkRouter } from "./peplink/router";
import { TapoCloud } from "./tapo-cloud/cloud";

const HELP = `Runs the two clouds of a Kasa account and its devices on the local network, an Omada controller and a Peplink router on this computer until interrupted.
Prints their addresses and credentials as one line of JSON.

  --kasa-port <port>     default: a free port
  --tapo-port <port>     of the second cloud; default: a free port
  --omada-port <port>    default: a free port
  --router-port <port>   default: a free port
  --lan-xor-port <port>  of older devices on the local network, for UDP and TCP; default: a free port
  --lan-tdp-port <port>  of newer devices, for probes; default: a free port
  --lan-http-port <port> of newer devices; default: a free port
  --help                 prints this text
`;

type Port = "kasa" | "tapo" | "omada" | "router" | "lan-xor" | "lan-tdp" | "lan-http";
type Ports = Record<Port, number>;

/** Parses the command line. @throws a sentence for an invalid option */
function parseOptions(): Ports | "help" {
  const port = { type: "string" } as const;
  const options = {
    "kasa-port": port,
    "tapo-port": port,
    "omada-port": port,
    "router-port": port,
    "lan-xor-port": port,
    "lan-tdp-port": port,
    "lan-http-port": port,
    help: { type: "boolean" },
  } as const;
  const { values } = parseArgs({ options, allowPositionals: false });
  if (values.help) return "help";
  const parsePort = (name: Port): number => {
    const value = values[`${name}-port`] ?? "0";
    if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
      throw new Error(`--${name}-port must be a number from 0 to 65535, not "${value}".`);
    return Number(value);
  };
  return {
    kasa: parsePort("kasa"),
    tapo: parsePort("tapo"),
    omada: parsePort("omada"),
    router: parsePort("router"),
    "lan-xor": parsePort("lan-xor"),
    "lan-tdp": parsePort("lan-tdp"),
    "lan-http": parsePort("lan-http"),
  };
}

async function run(ports: Ports): Promise<void> {
  const kasa = await KasaCloud.start({ port: ports.kasa });
  const omada = await OmadaController.start({ port: ports.omada });
  const router = await PeplinkRouter.start({ port: ports.router });

  const { email, password } = kasa;
  const lanPorts = { xor: ports["lan-xor"], tdp: ports["lan-tdp"], http: ports["lan-http"] };
  const lan = await LanHouse.start(createNeighbourhood(kasa), { email, password, ports: lanPorts });
  const tapo = await TapoCloud.start(kasa, { port: ports.tapo });

  const stop = (): void => {
    Promise.all([lan.close(), tapo.close(), kasa.close(), omada.close(), router.close()]).then(
      () => process.exit(0),
      fail,
    );
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);

  const access = {
    kasa: pick(kasa, "url", "email", "password"),
    tapo: pick(tapo, "url", "urlV2", "caFile"),
    omada: pick(omada, "url", "omadacId", "clientId", "clientSecret", "username", "password", "fingerprint"),
    router: pick(router, "url", "clientId", "clientSecret", "username", "password", "fingerprint"),
    lan,
  };
  console.log(JSON.stringify(access));
}

function pick<T>(from: T, ...names: (keyof T)[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name) => [name, from[name]]));
}

function main(): void {
  try {
    const ports = parseOptions();
    if (ports === "help") console.log(HELP);
    else run(ports).catch(fail);
  } catch (error) {
    console.error(`${messageOf(error)}\nTry --help.`);
    process.exitCode = 2;
  }
}

function fail(error: unknown): never {
  console.error(messageOf(error));
  process.exit(1);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

main();
