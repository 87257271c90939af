import { closeAfterTest } from "../../mocha-hooks";
import { OmadaController, type ControllerOptions } from "./controller";

/** The parts of the responses that these tests check. */
export interface Result {
  accessToken: string;
  refreshToken: string;
  tokenType: string;
  expiresIn: number;
  csrfToken: string;
  sessionId: string;
  omadacId: string;
  controllerVer: string;
  totalRows: number;
  currentPage: number;
  currentSize: number;
  data: Record<string, unknown>[];
  name: string;
  mac: string;
  enable: boolean;
  blocked: boolean;
  internetState: number;
  portList: { port: number; poeMode: number }[];
  ssidOverrides: { ssidEntryId: number; ssidEnable: boolean }[];
  connectedApNum: number;
  totalClientNum: number;
}

export interface TestResponse {
  status: number;
  type: string | null;
  body: { errorCode?: number; msg?: string; error?: string; result: Result & Result[] & string; paths: object };
}

interface TestRequest {
  body?: unknown;
  headers?: Record<string, string>;
  token?: string;
}

/** A client of the Open API that is independent of ours, written after TP-Link's guide alone. */
class OmadaTestClient {
  token = "";

  constructor(readonly omada: OmadaController) {}

  async request(method: string, path: string, { body, headers = {}, token }: TestRequest = {}): Promise<TestResponse> {
    const response = await fetch(this.omada.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `AccessToken=${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const parsed: TestResponse["body"] = JSON.parse(await response.text());
    return { status: response.status, type: response.headers.get("content-type"), body: parsed };
  }

  /** Requests a token; `changes` replace the correct values in the body. */
  requestToken(changes: object = {}, query = "?grant_type=client_credentials"): Promise<TestResponse> {
    const { omadacId, clientId: client_id, clientSecret: client_secret } = this.omada;
    const body = { omadacId, client_id, client_secret, ...changes };
    return this.request("POST", `/openapi/authorize/token${query}`, { body });
  }

  async signIn(changes: object = {}): Promise<Result> {
    const { body } = await this.requestToken(changes);
    this.token = body.result.accessToken;
    return body.result;
  }

  async refresh(refreshToken: string): Promise<TestResponse> {
    return this.requestToken({}, `?grant_type=refresh_token&refresh_token=${refreshToken}`);
  }

  /** Sends a request below `/openapi/v1/{omadacId}` with the token. */
  call(method: string, path: string, body?: unknown): Promise<TestResponse> {
    return this.request(method, `/openapi/v1/${this.omada.omadacId}/${path}`, { body, token: this.token });
  }

  /** Sends a request below the site Harbour with the token. */
  inHarbour(method: string, path: string, body?: unknown): Promise<TestResponse> {
    return this.call(method, `sites/${this.omada.site("Harbour").siteId}/${path}`, body);
  }

  /** Sends a request below the site Harbour of version 2 of the API. */
  inHarbourV2(method: string, path: string, body?: unknown): Promise<TestResponse> {
    const { omadacId } = this.omada;
    const url = `/openapi/v2/${omadacId}/sites/${this.omada.site("Harbour").siteId}/${path}`;
    return this.request(method, url, { body, token: this.token });
  }

  logIn(username: string, password: string): Promise<TestResponse> {
    const { clientId, omadacId } = this.omada;
    const path = `/openapi/authorize/login?client_id=${clientId}&omadac_id=${omadacId}`;
    return this.request("POST", path, { body: { username, password } });
  }

  /** The second step of the authorization-code mode. */
  requestCode(csrfToken: string, sessionId: string): Promise<TestResponse> {
    const { clientId, omadacId } = this.omada;
    const path = `/openapi/authorize/code?client_id=${clientId}&omadac_id=${omadacId}&response_type=code`;
    return this.request("POST", path, {
      headers: { "csrf-token": csrfToken, cookie: `TPOMADA_SESSIONID=${sessionId}` },
    });
  }

  /** The first two steps of the authorization-code mode. */
  async fetchCode(): Promise<string> {
    const { body } = await this.logIn(this.omada.username, this.omada.password);
    return (await this.requestCode(body.result.csrfToken, body.result.sessionId)).body.result;
  }

  redeemCode(code: string): Promise<TestResponse> {
    return this.requestToken({ omadacId: undefined }, `?grant_type=authorization_code&code=${code}`);
  }
}

/** A controller that is closed after the test, and a client with its credentials. */
export async function setUp(
  options: ControllerOptions = {},
): Promise<{ omada: OmadaController; client: OmadaTestClient }> {
  const omada = closeAfterTest(await OmadaController.start({ http: true, ...options }));
  return { omada, client: new OmadaTestClient(omada) };
}

/** The same, signed in. */
export async function setUpSignedIn(
  options: ControllerOptions = {},
): Promise<{ omada: OmadaController; client: OmadaTestClient }> {
  const { omada, client } = await setUp(options);
  await client.signIn();
  return { omada, client };
}

export function codesOf(responses: TestResponse[]): unknown[] {
  return responses.map(({ body }) => body.errorCode);
}
