import { randomBytes } from "node:crypto";
import type { Clock } from "../../../core/clock";
import { PlatformError } from "../../../core/errors";
import { protocolError } from "../../../http/response";
import { beforeCommand, SessionLostError, type Attempt } from "./attempt";
import { parseDeviceJson, type DeviceJson, type LocalConnection } from "./connection";
import type { LocalCredentials } from "./credentials";
import { postToDevice, type DeviceHttpResponse } from "./device-http";
import type { LocalEndpoint } from "./endpoint";
import {
  credentialsError,
  OTHER_ENVELOPE,
  otherEnvelopeError,
  SESSION_TIMEOUT,
  sessionRefusedError,
  thirdPartyError,
} from "./errors";
import { clientProof, findCandidate, KlapCipher, SEED_BYTES } from "./klap-cipher";

const PROOF_BYTES = 32;
/** Some firmwares refuse the first step once or twice, and accept it a moment later (kasa-local.md section 4). */
const MAX_EARLY_REFUSALS = 2;
const EARLY_REFUSAL_PAUSE_MS = 1000;
const DEFAULT_SESSION_MS = 86_400_000;

interface Session {
  cipher: KlapCipher;
  cookie: string | undefined;
  /** It is renewed long before the device forgets it: some count its lifetime in another unit than they say. */
  renewAt: number;
}

/** Talks to a device in KLAP: a handshake in two steps, then encrypted requests that are numbered. */
export class KlapConnection implements LocalConnection {
  readonly #endpoint: LocalEndpoint;
  readonly #credentials: LocalCredentials;
  readonly #clock: Clock;
  #session: Session | undefined;

  constructor(endpoint: LocalEndpoint, credentials: LocalCredentials, clock: Clock) {
    this.#endpoint = endpoint;
    this.#credentials = credentials;
    this.#clock = clock;
  }

  get hasSession(): boolean {
    return this.#liveSession() !== undefined;
  }

  async exchange(command: string, attempt: Attempt): Promise<DeviceJson> {
    const session = this.#liveSession() ?? (await this.#signIn(attempt));
    // Whatever happens to a request: unless its response was read, nobody knows which number the device expects next.
    this.#session = undefined;
    const body = session.cipher.encrypt(command);
    const path = `/app/request?seq=${session.cipher.sequence}`;
    const response = await postToDevice(this.#endpoint, path, body, session.cookie, attempt);
    const json = parseResponse(response, session.cipher);
    this.#session = session;
    return json;
  }

  #liveSession(): Session | undefined {
    const now = this.#clock.now();
    const session = this.#session;
    // A clock that was set back must not keep a session for ever.
    return session && now < session.renewAt && session.renewAt - now <= DEFAULT_SESSION_MS ? session : undefined;
  }

  async #signIn(attempt: Attempt): Promise<Session> {
    try {
      return await this.#handshake(attempt);
    } catch (error) {
      throw error instanceof SessionLostError ? error : beforeCommand(error);
    }
  }

  async #handshake(attempt: Attempt): Promise<Session> {
    const local = randomBytes(SEED_BYTES);
    const first = await this.#firstStep(local, attempt);
    if (first.body.length !== SEED_BYTES + PROOF_BYTES)
      throw protocolError(`A handshake has another length (${first.body.length} bytes).`, first.statusCode);
    const seeds = { local, remote: first.body.subarray(0, SEED_BYTES) };
    const candidate = findCandidate(this.#credentials.candidates, seeds, first.body.subarray(SEED_BYTES));
    if (!candidate) throw credentialsError(this.#endpoint, this.#credentials);

    const proof = clientProof(candidate, seeds);
    const second = await postToDevice(this.#endpoint, "/app/handshake2", proof, first.cookie, attempt);
    if (second.statusCode === 400 || second.statusCode === 403) throw new SessionLostError(sessionRefusedError());
    if (second.statusCode !== 200) throw protocolError("The device fails in the handshake.", second.statusCode);
    const lifetimeMs = Math.min(first.sessionMs ?? DEFAULT_SESSION_MS, DEFAULT_SESSION_MS);
    return {
      cipher: new KlapCipher(seeds, candidate),
      cookie: second.cookie ?? first.cookie,
      renewAt: this.#clock.now() + lifetimeMs / 2,
    };
  }

  async #firstStep(seed: Buffer, attempt: Attempt): Promise<DeviceHttpResponse> {
    for (let refusals = 0; ; refusals++) {
      const response = await postToDevice(this.#endpoint, "/app/handshake1", seed, undefined, attempt);
      const { statusCode } = response;
      if (statusCode === 200) return response;
      if (statusCode === 403) throw thirdPartyError();
      if (statusCode === 404) throw otherEnvelopeError();
      if (statusCode !== 400 || refusals === MAX_EARLY_REFUSALS)
        throw protocolError("The device refuses the handshake.", statusCode);
      await this.#clock.sleep(EARLY_REFUSAL_PAUSE_MS, attempt.signal);
    }
  }
}

function parseResponse({ statusCode, body }: DeviceHttpResponse, cipher: KlapCipher): DeviceJson {
  // Displaced, expired or out of sequence: the device has not even decrypted the request.
  if (statusCode === 403) throw new SessionLostError(sessionRefusedError());
  if (statusCode !== 200) throw unreadableError("It is an error of its HTTP server.", statusCode);
  const text = cipher.decrypt(body);
  if (text === undefined) throw unreadableError(`It is not encrypted for this session (${body.length} bytes).`, 200);
  const json = parseDeviceJson(text);
  if (json["error_code"] === SESSION_TIMEOUT) throw new SessionLostError(sessionRefusedError());
  if (json["error_code"] === OTHER_ENVELOPE) throw otherEnvelopeError();
  return json;
}

function unreadableError(reason: string, statusCode: number): PlatformError {
  const { message, details } = protocolError(reason, statusCode);
  return new PlatformError("protocol", `${message} Whether the command was carried out is not known.`, details);
}
