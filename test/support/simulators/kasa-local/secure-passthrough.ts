import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import type { DeviceRequest, DeviceResponse } from "./http";
import type { Carry, Owner } from "./types";

type Json = Record<string, unknown>;

interface AesSession {
  id: string;
  key: Buffer;
  iv: Buffer;
  token: string | undefined;
}

/** The server's side of secure passthrough, which older SMART devices speak (kasa-local.md section 5). */
export class SecurePassthroughServer {
  handshakes = 0;
  /** Every sign-in that arrived. */
  readonly logins: Json[] = [];
  #session: AesSession | undefined;

  /** @param version 1: the password itself signs in; 2: a hash of it */
  constructor(
    readonly version: 1 | 2,
    readonly owner: () => Owner,
    readonly carry: Carry,
  ) {}

  forgetSession(): void {
    this.#session = undefined;
  }

  respond({ path, body, cookie, query }: DeviceRequest): DeviceResponse {
    if (path !== "/app") return { status: 404, body: "" };
    const request = parse(body.toString());
    if (!request) return send({ error_code: -1003 });
    const params = (request["params"] ?? {}) as Json;
    if (request["method"] === "handshake") return this.#begin(String(params["key"]));
    if (request["method"] !== "securePassthrough") return send({ error_code: 1003 });
    const session = this.#session;
    if (!session || cookie !== `TP_SESSIONID=${session.id}`) return send({ error_code: 9999 });
    const inner = parse(decrypt(session, String(params["request"])) ?? "");
    if (!inner) return send({ error_code: -1005 });
    const response = encrypt(session, JSON.stringify(this.#carryOut(session, inner, query.get("token"))));
    return send({ error_code: 0, result: { response } });
  }

  #begin(pem: string): DeviceResponse {
    let key;
    try {
      key = createPublicKey(pem);
    } catch {
      return send({ error_code: -1010 });
    }
    if (key.asymmetricKeyDetails?.modulusLength !== 1024) return send({ error_code: -1010 });
    const session = {
      id: randomBytes(16).toString("hex"),
      key: randomBytes(16),
      iv: randomBytes(16),
      token: undefined,
    };
    this.#session = session;
    this.handshakes++;
    const wrapped = publicEncrypt(
      { key, padding: constants.RSA_PKCS1_PADDING },
      Buffer.concat([session.key, session.iv]),
    );
    const headers = { "Set-Cookie": `TP_SESSIONID=${session.id};TIMEOUT=1440` };
    return { ...send({ error_code: 0, result: { key: wrapped.toString("base64") } }), headers };
  }

  #carryOut(session: AesSession, request: Json, token: string | null): object {
    if (request["method"] !== "login_device") {
      return session.token !== undefined && token === session.token ? this.carry(request) : { error_code: 9999 };
    }
    const params = (request["params"] ?? {}) as Json;
    this.logins.push(params);
    const { email, password } = this.owner();
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex");
    const secret =
      this.version === 1 ? params["password"] === base64(password) : params["password2"] === base64(sha1(password));
    if (params["username"] !== base64(sha1(email)) || !secret) return { error_code: -1501 };
    session.token = randomBytes(16).toString("hex").toUpperCase();
    return { error_code: 0, result: { token: session.token } };
  }
}

const send = (body: object): DeviceResponse => ({
  status: 200,
  headers: { "Content-Type": "application/json;charset=UTF-8" },
  body: JSON.stringify(body),
});

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function decrypt({ key, iv }: AesSession, text: string): string | undefined {
  try {
    const decipher = createDecipheriv("aes-128-cbc", key, iv);
    return Buffer.concat([decipher.update(Buffer.from(text, "base64")), decipher.final()]).toString();
  } catch {
    return undefined;
  }
}

function encrypt({ key, iv }: AesSession, text: string): string {
  const cipher = createCipheriv("aes-128-cbc", key, iv);
  return Buffer.concat([cipher.update(text), cipher.final()]).toString("base64");
}
