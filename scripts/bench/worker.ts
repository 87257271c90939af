// One variant of the comparison, in a process of its own.
import { CLIENTS, type RequestFactory } from "./clients";
import { startFlow } from "./flows";
import { serveCommands } from "./ipc";
import { runSlice, type SendRequest } from "./load";
import { profile } from "./profile";
import { caseName, type Addresses, type LoadCase, type VariantName } from "./types";

const WARM_UP_CONCURRENCY = 16;

let createSender: RequestFactory | undefined;
const senders = new Map<string, SendRequest>();

async function senderFor(loadCase: LoadCase): Promise<SendRequest> {
  const cached = senders.get(caseName(loadCase));
  if (cached) return cached;
  const send = await createSender?.(loadCase);
  if (!send) throw new Error("The variant has not been started.");
  senders.set(caseName(loadCase), send);
  // What happens only once (a sign-in, the list of devices) is not measured.
  await send();
  return send;
}

serveCommands({
  start: async ({ variant, addresses }: { variant: VariantName; addresses: Addresses }) => {
    createSender = await (CLIENTS[variant]?.(addresses) ?? startFlow(variant, addresses));
  },
  /** Without it the first slices would measure the compiler. */
  warmUp: async ({ loadCase, count }: { loadCase: LoadCase; count: number }) => {
    const send = await senderFor(loadCase);
    const lane = async (): Promise<void> => {
      for (let left = count / WARM_UP_CONCURRENCY; left > 0; left--) await send();
    };
    await Promise.all(Array.from({ length: WARM_UP_CONCURRENCY }, lane));
  },
  profile: async ({ loadCase, ms, file }: { loadCase: LoadCase; ms: number; file: string }) => {
    const send = await senderFor(loadCase);
    return profile(file, () => runSlice(send, loadCase.inFlight, ms));
  },
  slice: async ({ loadCase, ms }: { loadCase: LoadCase; ms: number }) => {
    return runSlice(await senderFor(loadCase), loadCase.inFlight, ms);
  },
});
