import type { z } from "zod";
import type { CallOptions } from "../../core/call-context";
import { InvalidTokenError } from "../../core/errors";
import { collectSecrets, redact } from "../../core/redact";
import { parseAs, parseJson } from "../../http/response";
import type { Effect } from "../../http/retry";
import type { ServerAddress } from "../../http/server-address";
import { createRequest, type Request, type Transport } from "../../http/transport";
import type { SessionState } from "../../session/session";
import { errorFromCode } from "./error-codes";
import { Envelope, NestedError, type KasaToken } from "./schemas";
import type { KasaSettings } from "./settings";

/** A call of a method of the cloud. It may be sent again, each time with another token in its query. */
export function createCloudRequest(
  method: string,
  params: object | undefined,
  { origin, prefix }: ServerAddress,
  effect: Effect = "read",
): Request {
  return createRequest({ effect, method: "POST", body: { method, params } }, origin, `${prefix}/`);
}

/** Sends requests to the cloud, and unwraps the responses. The session is not its concern: it sends the token that it finds. */
export class CloudEndpoint {
  readonly #transport: Transport;
  readonly #settings: KasaSettings;
  readonly #state: SessionState<KasaToken>;

  /** @param state whose tokens never appear in an error */
  constructor(transport: Transport, settings: KasaSettings, state: SessionState<KasaToken>) {
    this.#transport = transport;
    this.#settings = settings;
    this.#state = state;
  }

  /**
   * @returns the result in the envelope of the response
   * @throws `InvalidTokenError`; otherwise what the cloud's error code means
   */
  async send<S extends z.ZodType>(request: Request, schema: S, options: CallOptions): Promise<z.infer<S>> {
    const response = await this.#transport.send(request, options);
    const envelope = parseAs(Envelope, parseJson(response), response.statusCode);
    const nested = NestedError.safeParse(envelope.result).data;
    const vendorCode = envelope.error_code || nested?.errorCode || 0;
    if (vendorCode === 0) return parseAs(schema, envelope.result, response.statusCode);

    const vendorMessage = this.#redact(envelope.msg ?? nested?.errorMsg ?? "", request);
    const { isInvalidToken, error } = errorFromCode(vendorCode, vendorMessage, response.statusCode);
    throw isInvalidToken ? new InvalidTokenError(error) : error;
  }

  #redact(text: string, request: Request): string {
    const { email, password, refreshToken } = this.#settings;
    const token = this.#state.lease?.token;
    const secrets = [email, password, refreshToken, token?.value, token?.refreshToken, ...collectSecrets(request)];
    return redact(text, secrets);
  }
}
