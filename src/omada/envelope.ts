import { z } from "zod";
import type { CallOptions } from "../core/call-context";
import { isPlainObject } from "../core/encoding";
import { PlatformError } from "../core/errors";
import { collectSecrets, redact } from "../core/redact";
import { createRequest, type Request } from "../http/request";
import { errorFromStatus, parseAs, parseJson, type HttpResponse } from "../http/response";
import type { ServerAddress } from "../http/server-address";
import type { Transport } from "../http/transport";
import { Token } from "../session/token";
import { errorFromCode, invalidToken } from "./error-codes";
import { Envelope } from "./schemas";

/** A token of the Open API. */
export const OmadaToken = Token.extend({ refreshToken: z.string().optional() });
export type OmadaToken = z.infer<typeof OmadaToken>;

/** A request whose path is relative to the controller's address. */
export type OmadaRequest = Omit<Request, "origin">;

/** Sends requests to one controller and unwraps the envelopes of its responses. It knows nothing of sessions. */
export class EnvelopeTransport {
  readonly #server: ServerAddress;
  readonly #transport: Transport;
  readonly #secrets: readonly string[];

  /** @param secrets values that no error message may quote, beside those of the request itself */
  constructor(server: ServerAddress, transport: Transport, secrets: readonly string[]) {
    this.#server = server;
    this.#transport = transport;
    this.#secrets = secrets;
  }

  /** Adds the controller's address. The result may be sent several times, and counts its attempts. */
  createRequest(request: OmadaRequest): Request {
    const { origin, prefix } = this.#server;
    return createRequest(request, origin, prefix + request.path);
  }

  /**
   * Sends a request with a token.
   * @returns the envelope's `result`, or null
   * @throws `InvalidTokenError` when the controller refuses the token
   */
  send(request: Request, token: OmadaToken, options: CallOptions): Promise<unknown> {
    // Not "Bearer", whatever tokenType says (omada.md section 1.1).
    request.headers = { authorization: `AccessToken=${token.value}` };
    return this.#transport.send(request, options, (response) => {
      options.onReceived?.(response.text.length);
      return this.#unwrap(response, request, token);
    });
  }

  /** Sends a request without a token. @returns the envelope's `result` */
  async sendAs<S extends z.ZodType>(schema: S, relative: OmadaRequest, options: CallOptions): Promise<z.infer<S>> {
    const request = this.createRequest(relative);
    const response = await this.#transport.send(request, options);
    return parseAs(schema, this.#unwrap(response, request), response.statusCode);
  }

  /** Sends a request without a token for something that is not part of the API, and so has no envelope. */
  async sendPlainAs<S extends z.ZodType>(schema: S, relative: OmadaRequest, options: CallOptions): Promise<z.infer<S>> {
    const response = await this.#transport.send(this.createRequest(relative), options);
    const error = errorFromStatus(response.statusCode);
    if (error) throw error;
    return parseAs(schema, parseJson(response), response.statusCode);
  }

  #unwrap(response: HttpResponse, request: Request, token?: OmadaToken): unknown {
    const { errorCode, msg = "", result = null } = parseEnvelope(response);
    if (errorCode === 0) return result;
    const secrets = [...this.#secrets, token?.value, token?.refreshToken, ...collectSecrets(request)];
    throw errorFromCode(errorCode, redact(msg, secrets), response.statusCode);
  }
}

function parseEnvelope(response: HttpResponse): Envelope {
  const { statusCode } = response;
  try {
    const body = parseJson(response);
    if (isSuccess(body)) return body;
    const { success, data } = Envelope.safeParse(body);
    if (success) return data;
    const error = errorFromStatus(statusCode);
    if (error) throw error;
    return parseAs(Envelope, body, statusCode);
  } catch (error) {
    if (statusCode < 300 && isFile(response)) throw fileError(statusCode);
    throw statusCode === 401 && error instanceof PlatformError ? invalidToken(error) : error;
  }
}

// The schema is for what a controller says of a failure.
const isSuccess = (body: unknown): body is Envelope => isPlainObject(body) && body["errorCode"] === 0;

// Exports have no envelope: they are tables, archives or recordings.
function isFile({ headers }: HttpResponse): boolean {
  const text = (name: string): string => String(headers[name] ?? "");
  return (
    /^\s*attachment\b/i.test(text("content-disposition")) ||
    /\b(csv|octet-stream|zip|ms-excel|spreadsheetml|pdf)\b|^(audio|image)\//i.test(text("content-type"))
  );
}

function fileError(statusCode: number): PlatformError {
  const sentence =
    "The controller sent a file, and files are not supported. Export it in the controller's web interface.";
  return new PlatformError("unsupported", sentence, { statusCode });
}
