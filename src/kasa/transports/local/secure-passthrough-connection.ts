import { isPlainObject } from "../../../core/encoding";
import { PlatformError } from "../../../core/errors";
import { parseJson, protocolError } from "../../../http/response";
import { beforeCommand, SessionLostError, type Attempt } from "./attempt";
import { parseDeviceJson, type DeviceJson, type LocalConnection } from "./connection";
import { sha1, type LocalCredentials } from "./credentials";
import { postToDevice, type DeviceHttpResponse } from "./device-http";
import type { LocalEndpoint } from "./endpoint";
import {
  credentialsError,
  OTHER_ENVELOPE,
  otherEnvelopeError,
  SESSION_TIMEOUT,
  sessionRefusedError,
  thirdPartyError,
  unnamedHostError,
} from "./errors";
import { generateHandshakeKeys, SecurePassthroughCipher, unwrapSessionKey } from "./secure-passthrough-cipher";

/** What a device answers to a sign-in that it refuses. */
const LOGIN_REFUSED = new Set<unknown>([-1501, 1111]);

interface Session {
  cipher: SecurePassthroughCipher;
  cookie: string | undefined;
  path: string;
}

/** Talks to SMART devices with older firmware: they hand out an AES key, and ask for a sign-in (kasa-local.md section 5). */
export class SecurePassthroughConnection implements LocalConnection {
  readonly #endpoint: LocalEndpoint;
  readonly #credentials: LocalCredentials;
  #session: Session | undefined;
  /** A refused sign-in is not repeated: unlike KLAP, it sends the credentials. */
  #refusal: PlatformError | undefined;

  constructor(endpoint: LocalEndpoint, credentials: LocalCredentials) {
    this.#endpoint = endpoint;
    this.#credentials = credentials;
  }

  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  async exchange(command: string, attempt: Attempt): Promise<DeviceJson> {
    const session = this.#session ?? (await this.#signIn(attempt));
    this.#session = undefined;
    const json = await this.#send(session, command, attempt);
    this.#session = session;
    return json;
  }

  async #signIn(attempt: Attempt): Promise<Session> {
    if (this.#refusal) throw this.#refusal;
    const { loginVersion, isNamed, owner } = this.#endpoint;
    if (owner !== "" && owner !== this.#credentials.owner) throw credentialsError(this.#endpoint, this.#credentials);
    // Whoever responds in the place of the device would get the password itself.
    if (loginVersion === 1 && !isNamed) throw unnamedHostError();
    try {
      const session = await this.#handshake(attempt);
      return { ...session, path: `/app?token=${encodeURIComponent(await this.#login(session, attempt))}` };
    } catch (error) {
      throw error instanceof SessionLostError ? error : beforeCommand(error);
    }
  }

  async #handshake(attempt: Attempt): Promise<Session> {
    const { publicKey, privateKey } = await generateHandshakeKeys();
    const request = JSON.stringify({ method: "handshake", params: { key: publicKey } });
    const response = await postToDevice(this.#endpoint, "/app", request, undefined, attempt);
    if (response.statusCode === 403) throw thirdPartyError();
    const { key } = resultOf(parseEnvelope(response));
    const sessionKey = typeof key === "string" ? unwrapSessionKey(privateKey, Buffer.from(key, "base64")) : undefined;
    if (!sessionKey) throw protocolError("The key of the handshake cannot be decrypted.", response.statusCode);
    return { cipher: new SecurePassthroughCipher(sessionKey), cookie: response.cookie, path: "/app" };
  }

  async #login(session: Session, attempt: Attempt): Promise<string> {
    const { email, password } = this.#credentials;
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const username = base64(sha1(email).toString("hex"));
    const secret =
      this.#endpoint.loginVersion === 1
        ? { password: base64(password) }
        : { password2: base64(sha1(password).toString("hex")) };
    const command = JSON.stringify({ method: "login_device", params: { username, ...secret } });
    const response = await this.#send(session, command, attempt);
    if (LOGIN_REFUSED.has(response["error_code"]))
      throw (this.#refusal = credentialsError(this.#endpoint, this.#credentials));
    const { token } = resultOf(response);
    if (typeof token !== "string" || token === "") throw protocolError("The device's sign-in returned no token.");
    return token;
  }

  async #send({ cipher, cookie, path }: Session, command: string, attempt: Attempt): Promise<DeviceJson> {
    const request = JSON.stringify({ method: "securePassthrough", params: { request: cipher.encrypt(command) } });
    const outer = parseEnvelope(await postToDevice(this.#endpoint, path, request, cookie, attempt));
    const { response } = resultOf(outer);
    // Some devices send the inner response as it is.
    const text = typeof response === "string" ? cipher.decrypt(response) : undefined;
    if (typeof response === "string" && text === undefined)
      throw protocolError("It is not encrypted for this session. Whether the command was carried out is not known.");
    const json = text === undefined ? (isPlainObject(response) ? response : outer) : parseDeviceJson(text);
    checkSession(json);
    return json;
  }
}

function parseEnvelope({ statusCode, body }: DeviceHttpResponse): DeviceJson {
  if (statusCode === 403) throw new SessionLostError(sessionRefusedError());
  if (statusCode !== 200) throw protocolError("The device's HTTP server fails.", statusCode);
  const envelope = parseJson({ statusCode, headers: {}, text: body.toString() });
  if (!isPlainObject(envelope)) throw protocolError("It is not an object.", statusCode);
  checkSession(envelope);
  return envelope;
}

function checkSession({ error_code: code }: DeviceJson): void {
  if (code === SESSION_TIMEOUT) throw new SessionLostError(sessionRefusedError());
  if (code === OTHER_ENVELOPE) throw otherEnvelopeError();
}

function resultOf({ result }: DeviceJson): DeviceJson {
  return isPlainObject(result) ? result : {};
}
