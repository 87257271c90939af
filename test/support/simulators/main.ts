import { parseArgs } from "node:util";
import { KasaCloud } from "./kasa/cloud";
import { OmadaController } from "./omada/controller";
import { PeplinkRouter } from "./peplink/router";

const HELP = `Runs a Kasa cloud, an Omada controller and a Peplink router on this computer until interrupted.
Prints their addresses and credentials as one line of JSON.

  --kasa-port <port>     default: a free port
  --omada-port <port>    default: a free port
  --router-port <port>   default: a free port
  --help                 prints this text
`;

interface Ports {
  kasa: number;
  omada: number;
  router: number;
}

/** Parses the command line. @throws a sentence for an invalid option */
function parseOptions(): Ports | "help" {
  const port = { type: "string" } as const;
  const options = { "kasa-port": port, "omada-port": port, "router-port": port, help: { type: "boolean" } } as const;
  const { values } = parseArgs({ options, allowPositionals: false });
  if (values.help) return "help";
  const parsePort = (name: "kasa-port" | "omada-port" | "router-port"): number => {
    const value = values[name] ?? "0";
    if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535)
      throw new Error(`--${name} must be a number from 0 to 65535, not "${value}".`);
    return Number(value);
  };
  return { kasa: parsePort("kasa-port"), omada: parsePort("omada-port"), router: parsePort("router-port") };
}

async function run(ports: Ports): Promise<void> {
  const kasa = await KasaCloud.start({ port: ports.kasa });
  const omada = await OmadaController.start({ port: ports.omada });
  const router = await PeplinkRouter.start({ port: ports.router });

  const stop = (): void => {
    Promise.all([kasa.close(), omada.close(), router.close()]).then(() => process.exit(0), fail);
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);

  const access = {
    kasa: pick(kasa, "url", "email", "password"),
    omada: pick(omada, "url", "omadacId", "clientId", "clientSecret", "username", "password", "fingerprint"),
    router: pick(router, "url", "clientId", "clientSecret", "username", "password", "fingerprint"),
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
