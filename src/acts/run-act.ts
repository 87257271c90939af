import { isDeepStrictEqual } from "node:util";
import { abortable, LightAbortController } from "../core/abort";
import { createTrace, setOperation, withoutSlot, type CallOptions, type CallTrace } from "../core/call-context";
import type { Clock } from "../core/clock";
import { inputError, isPlatformError, PlatformError } from "../core/errors";
import type { KeyedQueue } from "../core/keyed-queue";
import type { Act, ActContext, ActOrder, ActOutcome, ActSummary } from "./act";

/** One request of an act, in `api.steps`. */
interface Step {
  operation: string;
  done: boolean;
}

/** The last look begins so long after the writes; what it does not answer within another second is not waited for. */
const VERIFY_MS = 9000;
const MAX_VERIFY_MS = 10_000;
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 2000;

/**
 * Runs an act: finds its target, sends its requests in order, and reads back until it shows.
 * `options.trace.details` receives `steps` and `verified`; its operation is the act's name.
 * @param table the platform's acts by their names
 * @param createContext what the act reads and writes through; its calls get these options
 * @param queue of the acts of one client: those that could undo each other run one at a time, from the search for the target to the last request
 * @throws `input` before any request for an unknown act, a wrong value or a missing confirmation; what a request throws,
 * with the steps in its details
 */
export async function runAct<Request, Context extends ActContext<Request>>(
  table: Readonly<Record<string, Act<Context, Request>>>,
  order: ActOrder,
  createContext: (options: CallOptions) => Context,
  { queue, clock }: { queue: KeyedQueue; clock: Clock },
  options: CallOptions,
): Promise<ActOutcome> {
  setOperation(order.act, options);
  const act = Object.hasOwn(table, order.act) ? table[order.act] : undefined;
  if (!act)
    throw inputError(`There is no act "${order.act.slice(0, 80)}". Choose one of: ${Object.keys(table).join(", ")}.`);
  const value = act.value.parse(order.value);
  checkConfirmed(act.confirm, order);
  // The calls have a trace of their own, because each of them names its own operation.
  const trace = createTrace("", options.trace?.onWait);
  const controller = new LightAbortController();
  const unlink = controller.linkTo(options.signal);
  // A message that is cancelled ends at once: by then it has to say what was sent.
  controller.addEventListener("abort", () => reportOutcome(options, trace));
  const context = createContext({ ...options, trace, signal: controller });
  try {
    checkTarget(act.target?.hint, order.target);
    const write = async (): Promise<{ target: unknown; requests: readonly Request[]; results: unknown[] }> => {
      const target = await act.target?.find(context, order.target);
      checkConfirmed(act.confirmFor?.(target), order);
      const requests = await act.requests(context, target, value);
      if (order.dryRun) return { target, requests, results: [] };
      // What the reads so far reported, such as the length of a list, is not about the act.
      for (const name of Object.keys(trace.details)) delete trace.details[name];
      return { target, requests, results: await sendAll(order.act, requests, context, options) };
    };
    const siteId = await context.siteId?.();
    // Without a site it is the very key that the client uses for the changes that it applies itself.
    const lockKey = [act.lockKey ?? order.act, ...(siteId === undefined ? [] : [siteId])].join(" ");
    // A dry run changes nothing, so there is nothing to wait for.
    const isExclusive = !order.dryRun || act.isLookupExclusive === true;
    const { target, requests, results } = isExclusive
      ? await queue.run(lockKey, write, { ...options, signal: controller })
      : await write();
    if (order.dryRun) return { payload: await Promise.all(requests.map((request) => context.preview(request))) };
    Object.assign(options.trace?.details ?? {}, trace.details);
    // Whoever cancels the act while it is read back still learns what was sent.
    reportOutcome(options, trace);
    const shows = (now: unknown): boolean => act.shows?.(now, value, target) ?? isDeepStrictEqual(now, value);
    const outcome =
      order.verify && act.read
        ? await readBack(async () => act.read?.(context, target, value, results), shows, controller, clock, options)
        : { payload: results.at(-1) ?? null, verified: null };
    report(options, "verified", outcome.verified);
    return outcome;
  } catch (error) {
    throw withVersion(error, order.act, act.since);
  } finally {
    unlink();
    reportOutcome(options, trace);
  }
}

/** The acts of a table, as a dialog offers them. */
export function summarizeActs<Request, Context extends ActContext<Request>>(
  table: Readonly<Record<string, Act<Context, Request>>>,
): ActSummary[] {
  return Object.entries(table).map(([name, act]) => ({
    name,
    value: act.value.kind,
    target: act.target?.hint ?? "",
    confirm: act.confirm !== undefined || act.confirmFor !== undefined,
  }));
}

function checkConfirmed(effect: string | undefined, { dryRun, confirm }: ActOrder): void {
  if (effect === undefined || dryRun || confirm) return;
  throw inputError(`This would ${effect}. Tick "confirm" in the node if you want that.`);
}

// A blank target must never stand for everything.
function checkTarget(hint: string | undefined, name: string): void {
  if (hint !== undefined && name === "")
    throw inputError(`"target" is empty. Enter ${hint}, or send it in msg.target.`);
}

async function sendAll<Request>(
  name: string,
  requests: readonly Request[],
  context: ActContext<Request>,
  options: CallOptions,
): Promise<unknown[]> {
  const steps = requests.map((request): Step => ({ operation: context.nameOf(request), done: false }));
  report(options, "steps", steps);
  const results: unknown[] = [];
  for (const [index, request] of requests.entries()) {
    try {
      results.push(await context.send(request));
    } catch (error) {
      throw error instanceof PlatformError ? withSteps(error, name, steps, index) : error;
    }
    steps[index]!.done = true;
  }
  return results;
}

function withSteps(
  { code, message, details }: PlatformError,
  name: string,
  steps: Step[],
  failed: number,
): PlatformError {
  const list = (some: Step[]): string => some.map(({ operation }) => operation).join(", ");
  const done = steps.slice(0, failed);
  const rest = steps.slice(failed + 1);
  const sentences = [
    failed === 0 ? "" : `"${name}" was done in part. Done: ${list(done)}. Failed: ${steps[failed]!.operation}.`,
    failed > 0 && rest.length > 0 ? `Not sent: ${list(rest)}.` : "",
    message,
  ];
  return new PlatformError(code, sentences.filter(Boolean).join(" "), { ...details, steps });
}

// Only where the platform itself said so: it may as well be the wrong kind of target.
function withVersion(error: unknown, name: string, since: string | undefined): unknown {
  if (since === undefined || !isPlatformError(error, "unsupported") || error.details.statusCode === undefined)
    return error;
  return new PlatformError(error.code, `"${name}" needs ${since}. ${error.message}`, error.details);
}

/** Reads until it shows what was asked for, with growing pauses. Others may have the slot of the message meanwhile. */
async function readBack(
  read: () => Promise<unknown>,
  shows: (now: unknown) => boolean,
  controller: LightAbortController,
  clock: Clock,
  options: CallOptions,
): Promise<ActOutcome> {
  const { signal } = options;
  const lastLookAt = clock.now() + VERIFY_MS;
  const timer = setTimeout(() => controller.abort(), MAX_VERIFY_MS);
  let payload: unknown = null;
  try {
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      try {
        payload = (await abortable(read(), controller)) ?? null;
        if (shows(payload)) return { payload, verified: true };
      } catch (error) {
        // It has been written: an error would let a flow write it again.
        signal?.throwIfAborted();
        if (!(error instanceof PlatformError)) throw error;
      }
      const leftMs = lastLookAt - clock.now();
      if (leftMs <= 0 || controller.aborted) return { payload, verified: false };
      await withoutSlot(options, () => clock.sleep(Math.min(delayMs, leftMs), signal));
    }
  } finally {
    clearTimeout(timer);
  }
}

function reportOutcome(options: CallOptions, { attempts, statusCode }: CallTrace): void {
  if (options.trace) Object.assign(options.trace, { attempts, statusCode });
}

function report({ trace }: CallOptions, name: string, value: unknown): void {
  if (trace) trace.details[name] = value;
}
