import type { z } from "zod";
import type { CallOptions } from "../../core/call-context";
import { withoutRetry } from "../../core/errors";
import { collectSecrets, redact } from "../../core/redact";
import { createRequest, type Request } from "../../http/request";
import { parseAs, parseJson } from "../../http/response";
import type { Effect } from "../../http/retry";
import type { ServerAddress } from "../../http/server-address";
import type { Transport } from "../../http/transport";
import { DEVICE_TIMEOUT, errorFromCode, invalidToken } from "./error-codes";
import { Envelope, NestedError, type KasaToken } from "./schemas";

/** Sends requests to the cloud and unwraps the envelopes of its responses. It knows nothing of sessions. */
export class EnvelopeTransport {
  readonly #transport: Transport;
  readonly #secrets: readonly string[];

  /** @param secrets values that no error message may quote, beside those of the request itself */
  constructor(transport: Transport, secrets: readonly string[]) {
    this.#transport = transport;
    this.#secrets = secrets;
  }

  /**
   * Sends a request, with a token where one is needed.
   * @returns the `result` in the envelope of the response
   * @throws `InvalidTokenError` if the cloud refuses the token
   */
  send<S extends z.ZodType>(
    schema: S,
    request: Request,
    token: KasaToken | undefined,
    options: CallOptions,
  ): Promise<z.infer<S>> {
    if (token) request.query = { token: token.value };
    return this.#transport.send(request, options, (response) => {
      const envelope = parseAs(Envelope, parseJson(response), response.statusCode);
      const nested = NestedError.safeParse(envelope.result).data;
      const vendorCode = envelope.error_code || nested?.errorCode || 0;
      if (vendorCode === 0) return parseAs(schema, envelope.result, response.statusCode);

      const secrets = [...this.#secrets, token?.value, token?.refreshToken, ...collectSecrets(request)];
      const vendorMessage = redact(envelope.msg ?? nested?.errorMsg ?? "", secrets);
      const { isInvalidToken, error } = errorFromCode(vendorCode, vendorMessage, response.statusCode);
      if (isInvalidToken) throw invalidToken(error);
      throw request.effect === "write" && vendorCode === DEVICE_TIMEOUT ? withoutRetry(error) : error;
    });
  }
}

/** A call of a method of the cloud. It may be sent several times, and counts its attempts. */
export function createCloudRequest(
  method: string,
  params: object | undefined,
  { origin, prefix }: ServerAddress,
  effect: Effect = "read",
): Request {
  return createRequest({ effect, method: "POST", body: { method, params } }, origin, `${prefix}/`);
}
