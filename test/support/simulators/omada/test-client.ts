import { closing } from "../../harness/platforms";
import { OmadaController, type ControllerOptions } from "./controller";

/** The parts of the answers that these tests look at. */
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

export interface Reply {
  status: number;
  type: string | null;
  body: { errorCode?: number; msg?: string; error?: string; result: Result & Result[] & string; paths: object };
}

export interface Request {
  body?: unknown;
  headers?: Record<string, string>;
  token?: string;
}

/** A client of the Open API as someone else would write it, who has read nothing but TP-Link's guide. */
export class Client {
  token = "";

  constructor(readonly omada: OmadaController) {}

  async ask(method: string, path: string, { body, headers = {}, token }: Request = {}): Promise<Reply> {
    const response = await fetch(this.omada.url + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(token === undefined ? {} : { authorization: `AccessToken=${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: Reply["body"] = JSON.parse(await response.text());
    return { status: response.status, type: response.headers.get("content-type"), body: answer };
  }

  /** Asks for a token; whatever is given replaces the right thing in the body. */
  requestToken(changes: object = {}, query = "?grant_type=client_credentials"): Promise<Reply> {
    const { omadacId, clientId: client_id, clientSecret: client_secret } = this.omada;
    const body = { omadacId, client_id, client_secret, ...changes };
    return this.ask("POST", `/openapi/authorize/token${query}`, { body });
  }

  async signIn(changes: object = {}): Promise<Result> {
    const { body } = await this.requestToken(changes);
    this.token = body.result.accessToken;
    return body.result;
  }

  async refresh(refreshToken: string): Promise<Reply> {
    return this.requestToken({}, `?grant_type=refresh_token&refresh_token=${refreshToken}`);
  }

  /** Asks below `/openapi/v1/{omadacId}` with the token. */
  call(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.ask(method, `/openapi/v1/${this.omada.omadacId}/${path}`, { body, token: this.token });
  }

  /** Asks below the site Harbour with the token. */
  inHarbour(method: string, path: string, body?: unknown): Promise<Reply> {
    return this.call(method, `sites/${this.omada.site("Harbour").siteId}/${path}`, body);
  }

  /** The second version of some paths below the site Harbour. */
  inHarbourV2(method: string, path: string, body?: unknown): Promise<Reply> {
    const { omadacId } = this.omada;
    const url = `/openapi/v2/${omadacId}/sites/${this.omada.site("Harbour").siteId}/${path}`;
    return this.ask(method, url, { body, token: this.token });
  }

  logIn(username: string, password: string): Promise<Reply> {
    const { clientId, omadacId } = this.omada;
    const path = `/openapi/authorize/login?client_id=${clientId}&omadac_id=${omadacId}`;
    return this.ask("POST", path, { body: { username, password } });
  }

  /** The second step of the authorization-code mode. */
  requestCode(csrfToken: string, sessionId: string): Promise<Reply> {
    const { clientId, omadacId } = this.omada;
    const path = `/openapi/authorize/code?client_id=${clientId}&omadac_id=${omadacId}&response_type=code`;
    return this.ask("POST", path, { headers: { "csrf-token": csrfToken, cookie: `TPOMADA_SESSIONID=${sessionId}` } });
  }

  /** The first two steps of the authorization-code mode. */
  async code(): Promise<string> {
    const { body } = await this.logIn(this.omada.username, this.omada.password);
    return (await this.requestCode(body.result.csrfToken, body.result.sessionId)).body.result;
  }

  spendCode(code: string): Promise<Reply> {
    return this.requestToken({ omadacId: undefined }, `?grant_type=authorization_code&code=${code}`);
  }
}

/** A controller that ends with the test, and someone who knows its credentials. */
export async function setUp(options: ControllerOptions = {}): Promise<{ omada: OmadaController; client: Client }> {
  const omada = closing(await OmadaController.start({ http: true, ...options }));
  return { omada, client: new Client(omada) };
}

/** The same, signed in. */
export async function setUpSignedIn(
  options: ControllerOptions = {},
): Promise<{ omada: OmadaController; client: Client }> {
  const { omada, client } = await setUp(options);
  await client.signIn();
  return { omada, client };
}

export function codesOf(replies: Reply[]): unknown[] {
  return replies.map(({ body }) => body.errorCode);
}
