// Acts by name: the vocabulary that the tables of the platforms share.

/** What a client offers to run an act: each platform has its own, with its own ways to read. */
export interface ActContext<Request> {
  /** Fetches the id of the site, where a platform has several: acts on different ones do not wait for each other. */
  siteId?(): Promise<string>;
  /** Sends a request. @returns the platform's response */
  send(request: Request): Promise<unknown>;
  /** The short name of a request, as in `api.steps`; holds no secret and no host. */
  nameOf(request: Request): string;
  /** The request as `dryRun` shows it: complete, and without secrets. */
  preview(request: Request): Promise<RequestPreview>;
}

/** A request that would be sent. */
export interface RequestPreview {
  method: string;
  path: string;
  /** `null` for none. */
  body: unknown;
}

/** What an act is done to. */
export interface TargetKind<Context, Target> {
  /** What to enter, as it follows "Enter": `the name or the MAC address of a client`. */
  hint: string;
  /**
   * Finds it by what a person calls it.
   * @param name never blank
   * @throws `not-found`; `input` with the candidates if several things have the name
   */
  find(context: Context, name: string): Promise<Target>;
  /** What a dialog offers; `value` is something that `find` finds. */
  list?(context: Context): Promise<TargetRow[]>;
}

/** A row of the list of targets in a dialog. */
export interface TargetRow {
  value: string;
  detail: string;
}

/** A kind of value that acts take. */
export interface ValueKind<Value> {
  /** How a dialog offers it. */
  kind: "none" | "switch" | "text" | "number" | "json";
  /**
   * Parses what the node or the message says.
   * @param value undefined where neither says anything
   * @throws `input` for anything that cannot be meant
   */
  parse(value: unknown): Value;
}

/** A row of a platform's table of acts. Its methods read, and never write. */
export interface Act<Context extends ActContext<Request>, Request, Target = unknown, Value = unknown> {
  /** What it is done to; nothing for an act that has no target. */
  target?: TargetKind<Context, Target>;
  value: ValueKind<Value>;
  /** What it does that always has to be confirmed, in words that follow "would". It is refused before any request. */
  confirm?: string;
  /** The same for some targets only; undefined for one that needs no confirmation. */
  confirmFor?(target: Target): string | undefined;
  /**
   * Acts with the same key are looked up and sent one at a time; they are read back side by side. Default: the name of
   * the act.
   */
  lockKey?: string;
  /** Whether a dry run takes its turn as well, because the look-up keeps a modem busy. By default it does not wait. */
  isLookupExclusive?: boolean;
  /** Which versions of the platform have it, as words that follow "needs": `a controller 6.0 or later`. */
  since?: string;
  /** The requests that make up the act, in order; none where everything is as it was asked for. */
  requests(context: Context, target: Target, value: Value): readonly Request[] | Promise<readonly Request[]>;
  /**
   * Reads what it is now, for `msg.payload`; nothing for an act after which the platform has nothing to read.
   * @param results the responses to the requests, in their order
   */
  read?(context: Context, target: Target, value: Value, results: readonly unknown[]): Promise<unknown>;
  /** Whether what was read is what was asked for; by default it must equal the value. */
  shows?(now: unknown, value: Value, target: Target): boolean;
}

/** An act, as a dialog offers it. */
export interface ActSummary {
  name: string;
  value: ValueKind<unknown>["kind"];
  /** What its target is, as words that follow "Enter"; blank for none. */
  target: string;
  /** Whether it may have to be confirmed. */
  confirm: boolean;
}

/** What a message asks for. */
export interface ActOrder {
  /** The name of the act. */
  act: string;
  /** The name, MAC address or id of what it is done to; blank for none. */
  target: string;
  value: unknown;
  /** Whether to read back until it shows. */
  verify: boolean;
  /** Whether only to say what would be sent. */
  dryRun: boolean;
  /** Whether what interrupts or destroys is allowed. */
  confirm: boolean;
}

/** How an act ended. */
export interface ActOutcome {
  /** What was read back, the platform's last response, or with `dryRun` the requests. */
  payload: unknown;
  /** Whether the platform shows it; null where that was not asked for, or nothing shows it; undefined with `dryRun`. */
  verified?: boolean | null;
}
