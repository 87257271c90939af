import { LightStrip } from "../../test/support/simulators/kasa/lights";
import { Plug } from "../../test/support/simulators/kasa/plugs";
import type { Platforms } from "./examples";

const MOMENT_MS = 2000;
/** What each link brings, in kbps. */
const RATES: Readonly<Record<string, number>> = { Fibre: 42_000, Starlink: 23_000, Cellular: 7000 };
/** Who comes and goes, again and again. */
const VISITS = [
  ["leave", "Crane tablet"],
  ["leave", "Office printer"],
  ["join", "Crane tablet"],
  ["leave", "Gate camera"],
  ["join", "Office printer"],
  ["join", "Gate camera"],
] as const;
const MOMENTS_A_VISIT = 11;

/**
 * Lets the simulated house live: traffic and power are never quite the same, and clients come and go.
 * @returns what ends it
 */
export function live({ cloud, controller, router }: Platforms): () => void {
  const [modem, freezer, shelf] = [
    cloud.device(Plug, "Modem"),
    cloud.device(Plug, "Freezer"),
    cloud.device(LightStrip, "Shelf"),
  ];
  freezer.on = true;
  let moment = 0;
  const pass = (): void => {
    for (const wan of router.wans) {
      const download = Math.round(about(RATES[wan.name] ?? 0, 0.3));
      wan.rate = { download, upload: Math.round(download / 9) };
    }
    if (modem.meter) modem.meter.watts = about(12.4, 0.06);
    if (freezer.meter) freezer.meter.watts = about(48, 0.04);
    shelf.meter.watts = about(9.5, 0.02);
    moment++;
    const visit = moment % MOMENTS_A_VISIT === 0 && VISITS[(moment / MOMENTS_A_VISIT - 1) % VISITS.length];
    if (visit) controller[visit[0]](controller.client(visit[1]));
  };
  pass();
  const timer = setInterval(pass, MOMENT_MS);
  return () => clearInterval(timer);
}

const about = (value: number, share: number): number => value * (1 + share * (2 * Math.random() - 1));
