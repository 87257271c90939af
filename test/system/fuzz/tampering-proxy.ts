import {
  SimulatedServer,
  type RecordedRequest,
  type SimulatedResponse,
} from "../../support/simulators/simulated-server";
import { tamper, type Tampering } from "./tampering";

/** How the responses to a client are tampered with. */
export interface Plan {
  tampering: Tampering;
  when: (request: RecordedRequest) => boolean;
}

/** A reverse proxy that tampers with responses, in another way for each client: they use the paths `/a`, `/b` and so on. */
export class TamperingProxy {
  /** By client; all others get the responses unchanged. */
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
   * @param trap the address of a server that must not get any connection
   */
  static async start(platform: string, trap: string): Promise<TamperingProxy> {
    const server = await SimulatedServer.start((request) => proxy.#respond(request));
    const proxy: TamperingProxy = new TamperingProxy(server, platform, trap);
    return proxy;
  }

  async close(): Promise<void> {
    await this.server.close();
  }

  async #respond(request: RecordedRequest): Promise<SimulatedResponse> {
    const [, client = "", target = ""] = /^\/(\w+)(\/.*)$/s.exec(request.target) ?? [];
    const { host: _host, "content-length": _length, connection: _connection, ...headers } = request.headers;
    const { method, body } = request;
    const response = await fetch(this.#platform + target, { method, headers, body: body === "" ? null : body });
    const [text, cookies] = [await response.text(), response.headers.getSetCookie()];
    const setCookie: Record<string, string[]> = cookies.length ? { "set-cookie": cookies } : {};
    const plan = this.plans.get(client);
    if (!plan?.when({ ...request, target })) return { status: response.status, headers: setCookie, body: text };
    const tampered = tamper(text, plan.tampering, this.#trap);
    return { ...tampered, headers: { ...setCookie, ...tampered.headers } };
  }
}
