import {
  SimulatedServer,
  type RecordedRequest,
  type SimulatedResponse,
} from "../../support/simulators/simulated-server";
import { tamper, type Tampering } from "./tampering";

/** What is spoilt of the answers that somebody gets. */
export interface Plan {
  spoilt: Tampering;
  when: (asked: RecordedRequest) => boolean;
}

/** Stands before a platform, and spoils what it answers: to each of its guests, under `/a`, `/b` and so on, something else. */
export class TamperingProxy {
  /** By guest; whoever is not named gets the answers as they are. */
  readonly plans = new Map<string, Plan>();
  readonly #platform: string;
  readonly #trap: string;

  private constructor(
    readonly server: SimulatedServer,
    platform: string,
    trap: string,
  ) {
    this.#platform = platform;
    this.#trap = trap;
  }

  /**
   * @param platform its address
   * @param trap address of a server that nobody may ask
   */
  static async before(platform: string, trap: string): Promise<TamperingProxy> {
    const server = await SimulatedServer.start((asked) => mirror.#answer(asked));
    const mirror: TamperingProxy = new TamperingProxy(server, platform, trap);
    return mirror;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  async #answer(asked: RecordedRequest): Promise<SimulatedResponse> {
    const [, guest = "", target = ""] = /^\/(\w+)(\/.*)$/s.exec(asked.target) ?? [];
    const { host: _host, "content-length": _length, connection: _connection, ...headers } = asked.headers;
    const { method, body } = asked;
    const reply = await fetch(this.#platform + target, { method, headers, body: body === "" ? null : body });
    const [text, cookies] = [await reply.text(), reply.headers.getSetCookie()];
    const kept: Record<string, string[]> = cookies.length ? { "set-cookie": cookies } : {};
    const plan = this.plans.get(guest);
    if (!plan?.when({ ...asked, target })) return { status: reply.status, headers: kept, body: text };
    const answer = tamper(text, plan.spoilt, this.#trap);
    return { ...answer, headers: { ...kept, ...answer.headers } };
  }
}
