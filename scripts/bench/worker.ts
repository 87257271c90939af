// One variant of the measurements, in a process of its own.
import { CLIENTS, type Asking } from "./clients";
import { flowOf } from "./flows";
import { obey } from "./ipc";
import { slice, type One } from "./load";
import { profiled } from "./profile";
import { nameOf, type Addresses, type Case, type VariantName } from "./types";

const WARM_LANES = 16;

let asking: Asking | undefined;
const ways = new Map<string, One>();

async function way(asked: Case): Promise<One> {
  const known = ways.get(nameOf(asked));
  if (known) return known;
  const made = await asking?.(asked);
  if (!made) throw new Error("It was not begun.");
  ways.set(nameOf(asked), made);
  // What is done once (a sign-in, the list of devices) is no part of it.
  await made();
  return made;
}

obey({
  begin: async ({ variant, addresses }: { variant: VariantName; addresses: Addresses }) => {
    asking = await (CLIENTS[variant]?.(addresses) ?? flowOf(variant, addresses));
  },
  /** Until it is compiled, a slice would measure the compiler. */
  prepare: async ({ asked, count }: { asked: Case; count: number }) => {
    const one = await way(asked);
    const lane = async (): Promise<void> => {
      for (let left = count / WARM_LANES; left > 0; left--) await one();
    };
    await Promise.all(Array.from({ length: WARM_LANES }, lane));
  },
  profile: async ({ asked, ms, file }: { asked: Case; ms: number; file: string }) => {
    const one = await way(asked);
    return profiled(file, () => slice(one, asked.inFlight, ms));
  },
  slice: async ({ asked, ms }: { asked: Case; ms: number }) => slice(await way(asked), asked.inFlight, ms),
});
