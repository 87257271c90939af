import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto";
import type { DeviceRequest, DeviceResponse } from "./http";
import type { Carry, Owner } from "./types";

const hash = (algorithm: string, ...parts: (string | Buffer)[]): Buffer =>
  parts.reduce((sum, part) => sum.update(part), createHash(algorithm)).digest();

/** One handshake, and the session that follows from it. */
interface KlapSession {
  id: string;
  client: Buffer;
  server: Buffer;
  isProven: boolean;
  /** The number of the last request. */
  sequence: number;
  expiresAt: number;
}

/** The server's side of KLAP, as strict as the firmware (kasa-local.md section 4). */
export class KlapServer {
  /** The sessions that were begun. */
  handshakes = 0;
  /** How often the first step is refused with 400 before it is accepted. */
  earlyRefusals = 0;
  lifetimeS = 86_400;
  /** Some devices name no session, and want no cookie. */
  sendsCookie = true;
  /** Every response has a signature of other bytes. */
  signsWrongly = false;
  #session: KlapSession | undefined;

  constructor(
    readonly version: 1 | 2,
    readonly owner: () => Owner,
    readonly carry: Carry,
  ) {}

  forgetSession(): void {
    this.#session = undefined;
  }

  respond(request: DeviceRequest): DeviceResponse {
    if (request.path === "/app/handshake1") return this.#begin(request);
    if (request.path === "/app/handshake2") return this.#prove(request);
    if (request.path === "/app/request") return this.#request(request);
    return { status: 200, body: JSON.stringify({ error_code: 1003 }) };
  }

  get #authHash(): Buffer {
    const { email, password } = this.owner();
    return this.version === 1
      ? hash("md5", hash("md5", email), hash("md5", password))
      : hash("sha256", hash("sha1", email), hash("sha1", password));
  }

  #begin({ body }: DeviceRequest): DeviceResponse {
    if (this.earlyRefusals > 0) {
      this.earlyRefusals--;
      return { status: 400, body: "" };
    }
    if (body.length !== 16) return { status: 400, body: "" };
    const session = {
      id: randomBytes(16).toString("hex").toUpperCase(),
      client: body,
      server: randomBytes(16),
      isProven: false,
      sequence: 0,
      expiresAt: Date.now() + this.lifetimeS * 1000,
    };
    this.#session = session;
    this.handshakes++;
    const parts = this.version === 1 ? [body, this.#authHash] : [body, session.server, this.#authHash];
    const cookie = `TP_SESSIONID=${session.id};TIMEOUT=${this.lifetimeS}`;
    const headers: Record<string, string> = this.sendsCookie ? { "Set-Cookie": cookie } : {};
    return { status: 200, headers, body: Buffer.concat([session.server, hash("sha256", ...parts)]) };
  }

  #prove(request: DeviceRequest): DeviceResponse {
    const session = this.#named(request);
    if (!session) return { status: 403, body: "" };
    const { client, server } = session;
    const parts = this.version === 1 ? [server, this.#authHash] : [server, client, this.#authHash];
    if (!hash("sha256", ...parts).equals(request.body)) return { status: 403, body: "" };
    session.isProven = true;
    session.sequence = this.#derive(session, "iv").readInt32BE(28);
    return { status: 200, body: "" };
  }

  #request(request: DeviceRequest): DeviceResponse {
    const session = this.#named(request);
    const sequence = Number(request.query.get("seq"));
    if (!session?.isProven || Date.now() > session.expiresAt || sequence !== ((session.sequence + 1) | 0))
      return { status: 403, body: "" };
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(sequence);
    const signed = request.body.subarray(32);
    const sign = (cipher: Buffer): Buffer =>
      hash("sha256", this.#derive(session, "ldk").subarray(0, 28), bytes, cipher);
    if (!sign(signed).equals(request.body.subarray(0, 32))) return { status: 403, body: "" };
    session.sequence = sequence;
    const key = this.#derive(session, "lsk").subarray(0, 16);
    const iv = Buffer.concat([this.#derive(session, "iv").subarray(0, 12), bytes]);
    const decipher = createDecipheriv("aes-128-cbc", key, iv);
    const text = Buffer.concat([decipher.update(signed), decipher.final()]).toString();
    const response = JSON.stringify(this.carry(JSON.parse(text) as Record<string, unknown>));
    const cipher = createCipheriv("aes-128-cbc", key, iv);
    const encrypted = Buffer.concat([cipher.update(response), cipher.final()]);
    const signature = this.signsWrongly ? randomBytes(32) : sign(encrypted);
    return { status: 200, body: Buffer.concat([signature, encrypted]) };
  }

  #derive({ client, server }: KlapSession, label: string): Buffer {
    return hash("sha256", label, client, server, this.#authHash);
  }

  #named({ cookie }: DeviceRequest): KlapSession | undefined {
    const session = this.#session;
    return session && (!this.sendsCookie || cookie === `TP_SESSIONID=${session.id}`) ? session : undefined;
  }
}
