import { LightStrip } from "../../test/support/simulators/kasa/lights";
import { Plug } from "../../test/support/simulators/kasa/plugs";
import type { Platforms } from "./examples";

const STEP_MS = 2000;
/** Download rate of each WAN link, on average. */
const DOWNLOAD_KBPS: Readonly<Record<string, number>> = { Fibre: 42_000, Starlink: 23_000, Cellular: 7000 };
/** Clients that leave and join, over and over. */
const CLIENT_CHANGES = [
  ["disconnectClient", "Crane tablet"],
  ["disconnectClient", "Office printer"],
  ["connectClient", "Crane tablet"],
  ["disconnectClient", "Gate camera"],
  ["connectClient", "Office printer"],
  ["connectClient", "Gate camera"],
] as const;
const STEPS_PER_CHANGE = 11;

/**
 * Keeps the simulated platforms changing: traffic and power vary, and clients come and go.
 * @returns a function that stops it
 */
export function simulateActivity({ cloud, controller, router }: Platforms): () => void {
  const [modem, freezer, shelf] = [
    cloud.device(Plug, "Modem"),
    cloud.device(Plug, "Freezer"),
    cloud.device(LightStrip, "Shelf"),
  ];
  freezer.on = true;
  let step = 0;
  const advance = (): void => {
    for (const wan of router.wans) {
      const download = Math.round(varied(DOWNLOAD_KBPS[wan.name] ?? 0, 0.3));
      wan.rate = { download, upload: Math.round(download / 9) };
    }
    if (modem.meter) modem.meter.watts = varied(12.4, 0.06);
    if (freezer.meter) freezer.meter.watts = varied(48, 0.04);
    shelf.meter.watts = varied(9.5, 0.02);
    step++;
    const change =
      step % STEPS_PER_CHANGE === 0 && CLIENT_CHANGES[(step / STEPS_PER_CHANGE - 1) % CLIENT_CHANGES.length];
    if (change) controller[change[0]](controller.client(change[1]));
  };
  advance();
  const timer = setInterval(advance, STEP_MS);
  return () => clearInterval(timer);
}

const varied = (value: number, share: number): number => value * (1 + share * (2 * Math.random() - 1));
