import assert from "node:assert/strict";
import { get as getSecurely } from "node:https";
import { TLSSocket } from "node:tls";
import { OmadaController, type ControllerOptions } from "./omada";

/** The parts of the answers that these tests look at. */
interface Result {
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

interface Reply {
  status: number;
  type: string | null;
  body: { errorCode?: number; msg?: string; error?: string; result: Result & Result[] & string; paths: object };
}

interface Request {
  body?: unknown;
  headers?: Record<string, string>;
  token?: string;
}

const DAY = 86_400_000;

/** A client of the Open API as someone else would write it, who has read nothing but TP-Link's guide. */
class Client {
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

describe("The simulated Omada controller", () => {
  const running: OmadaController[] = [];

  afterEach(async () => {
    await Promise.all(running.splice(0).map((omada) => omada.close()));
  });

  async function setUp(options: ControllerOptions = {}): Promise<{ omada: OmadaController; client: Client }> {
    const omada = await OmadaController.start({ http: true, ...options });
    running.push(omada);
    return { omada, client: new Client(omada) };
  }

  async function setUpSignedIn(options: ControllerOptions = {}): Promise<{ omada: OmadaController; client: Client }> {
    const { omada, client } = await setUp(options);
    await client.signIn();
    return { omada, client };
  }

  describe("at its door", () => {
    it("speaks TLS with the certificate whose fingerprint it tells", async () => {
      const { omada } = await setUp({ http: false });

      const fingerprint = await new Promise((resolve, reject) => {
        const request = getSecurely(`${omada.url}/api/info`, { ca: omada.certificate?.cert }, ({ socket }) => {
          resolve(socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.fingerprint256 : undefined);
        });
        request.on("error", reject);
      });

      assert.match(omada.fingerprint ?? "", /^([\dA-F]{2}:){31}[\dA-F]{2}$/);
      assert.equal(fingerprint, omada.fingerprint);
    });

    it("tells its id and version to anyone", async () => {
      const { omada, client } = await setUp({ version: "6.2.0.17" });

      const { body } = await client.ask("GET", "/api/info");

      assert.equal(body.result.omadacId, omada.omadacId);
      assert.equal(body.result.controllerVer, "6.2.0.17");
    });

    it("describes its operations to anyone, but not those of another version or of a provider", async () => {
      const { client } = await setUp({ version: "5.15.24.19" });

      const { body } = await client.ask("GET", "/v3/api-docs");

      assert.ok("/openapi/v1/{omadacId}/sites/{siteId}/clients" in body.paths);
      assert.ok(!("/openapi/v2/{omadacId}/sites/{siteId}/clients" in body.paths));
      assert.ok(!("/openapi/v1/msp/{mspId}/customers" in body.paths));
    });

    it("hands out a token for the client's credentials, and lets it in with it", async () => {
      const { omada, client } = await setUp();

      const token = await client.signIn();

      assert.match(token.accessToken, /^AT-\w+$/);
      assert.match(token.refreshToken, /^RT-\w+$/);
      assert.deepEqual([token.tokenType, token.expiresIn, omada.signIns()], ["bearer", 7200, 1]);
      assert.equal((await client.call("GET", "sites?page=1&pageSize=10")).body.errorCode, 0);
    });

    it("checks the controller's id before the secret", async () => {
      const { client } = await setUp();

      const { body } = await client.requestToken({ omadacId: "0".repeat(32), client_secret: "wrong" });

      assert.equal(body.errorCode, -7131);
    });

    it("refuses a wrong secret, a missing one and a wrong client id alike", async () => {
      const { omada, client } = await setUp();

      const wrong = [{ client_secret: "wrong" }, { client_secret: undefined }, { client_id: "wrong" }];
      const answers = await Promise.all(wrong.map((changes) => client.requestToken(changes)));

      assert.deepEqual(codesOf(answers), [-44106, -44106, -44106]);
      assert.deepEqual([omada.tokenRequests(), omada.signIns()], [3, 0]);
    });

    it("does not know the cookbook's names for the controller's and the client's id", async () => {
      const { omada, client } = await setUp();

      const answers = [
        await client.requestToken({ omadacId: undefined, omadaId: omada.omadacId }),
        await client.requestToken({ client_id: undefined, clientId: omada.clientId }),
      ];

      assert.deepEqual(codesOf(answers), [-7131, -44106]);
    });

    it("takes the credentials from the query, as it did in 2023", async () => {
      const { omada, client } = await setUp();

      const query = `?grant_type=client_credentials&client_id=${omada.clientId}&client_secret=${omada.clientSecret}`;
      const { body } = await client.requestToken({ client_id: undefined, client_secret: undefined }, query);

      assert.equal(body.errorCode, 0);
    });

    it("wants the grant type in the query, and one that it knows", async () => {
      const { client } = await setUp();

      const answers = [
        await client.requestToken({ grant_type: "client_credentials" }, ""),
        await client.requestToken({}, "?grant_type=password"),
      ];

      assert.deepEqual(codesOf(answers), [-44116, -44111]);
    });

    it("wants JSON, and says so in its own number", async () => {
      const { client } = await setUp();

      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const path = "/openapi/authorize/token?grant_type=client_credentials";
      const { body } = await client.ask("POST", path, { body: {}, headers });

      assert.equal(body.errorCode, -1004);
    });
  });

  describe("with tokens", () => {
    it("answers 401 with an envelope where there is none", async () => {
      const { omada, client } = await setUp();

      const answer = await client.ask("GET", `/openapi/v1/${omada.omadacId}/sites?page=1&pageSize=10`);

      assert.equal(answer.status, 401);
      assert.equal(answer.body.errorCode, -44113);
    });

    it("calls a bearer token expired and an unknown one invalid, both inside HTTP 200", async () => {
      const { omada, client } = await setUpSignedIn();

      const path = `/openapi/v1/${omada.omadacId}/sites?page=1&pageSize=10`;
      const bearer = await client.ask("GET", path, { headers: { authorization: `Bearer ${client.token}` } });
      const unknown = await client.ask("GET", path, { token: "AT-unknown" });

      assert.deepEqual([bearer.status, unknown.status], [200, 200]);
      assert.deepEqual(codesOf([bearer, unknown]), [-44112, -44113]);
    });

    it("lets a token live as long as it said, by its own clock", async () => {
      const { omada, client } = await setUp();
      let now = 1_700_000_000_000;
      omada.now = () => now;
      omada.expiresIn = 60;
      await client.signIn();

      now += 59_999;
      const before = await client.inHarbour("GET", "led");
      now += 1;
      const after = await client.inHarbour("GET", "led");

      assert.deepEqual(codesOf([before, after]), [0, -44112]);
    });

    it("can spend all tokens so far, and still hand out good ones", async () => {
      const { omada, client } = await setUpSignedIn();

      omada.expireTokens();
      const expired = await client.inHarbour("GET", "led");
      await client.signIn();
      omada.invalidateTokens();
      const invalid = await client.inHarbour("GET", "led");
      await client.signIn();
      const fresh = await client.inHarbour("GET", "led");

      assert.deepEqual(codesOf([expired, invalid, fresh]), [-44112, -44113, 0]);
    });

    it("can refuse even fresh tokens", async () => {
      const { omada, client } = await setUp();
      omada.refuseEveryToken = true;
      await client.signIn();

      const { body } = await client.inHarbour("GET", "led");

      assert.equal(body.errorCode, -44112);
    });

    it("can let a new token kill the earlier one", async () => {
      const { omada, client } = await setUpSignedIn();
      omada.lastTokenOnly = true;
      const first = client.token;
      await client.signIn();

      const path = `/openapi/v1/${omada.omadacId}/sites?page=1&pageSize=10`;
      const answers = [await client.ask("GET", path, { token: first }), await client.ask("GET", path, client)];

      assert.deepEqual(codesOf(answers), [-44113, 0]);
    });

    it("refreshes with a refresh token once, for a new pair", async () => {
      const { omada, client } = await setUp();
      const { refreshToken } = await client.signIn();

      const { body } = await client.refresh(refreshToken);
      const again = await client.refresh(refreshToken);

      assert.notEqual(body.result.refreshToken, refreshToken);
      client.token = body.result.accessToken;
      assert.equal((await client.inHarbour("GET", "led")).body.errorCode, 0);
      assert.equal(again.body.errorCode, -44114);
      assert.equal(omada.signIns(), 2);
    });

    it("refreshes with everything in the query, as TP-Link's example has it", async () => {
      const { omada, client } = await setUp();
      const { refreshToken } = await client.signIn();

      const { clientId, clientSecret } = omada;
      const credentials = `client_id=${clientId}&client_secret=${clientSecret}`;
      const query = `?grant_type=refresh_token&refresh_token=${refreshToken}&${credentials}`;
      const { body } = await client.ask("POST", `/openapi/authorize/token${query}`);

      assert.equal(body.errorCode, 0);
    });

    it("keeps a refresh token from a wrong secret, for 14 days, and until told otherwise", async () => {
      const { omada, client } = await setUp();
      let now = Date.now();
      omada.now = () => now;
      const [first, second, third] = [await client.signIn(), await client.signIn(), await client.signIn()];

      const query = `?grant_type=refresh_token&refresh_token=${first.refreshToken}`;
      const wrong = await client.requestToken({ client_secret: "wrong" }, query);
      const right = await client.refresh(first.refreshToken);
      now += 14 * DAY;
      const old = await client.refresh(second.refreshToken);
      now -= DAY;
      omada.expireRefreshTokens();
      const expired = await client.refresh(third.refreshToken);

      assert.deepEqual(codesOf([wrong, right, old, expired]), [-44106, 0, -44114, -44114]);
    });

    it("answers an unknown controller id without a content type, before it looks at the token", async () => {
      const { client } = await setUp();

      const answer = await client.ask("GET", `/openapi/v1/${"0".repeat(32)}/sites?page=1&pageSize=10`);

      assert.equal(answer.type, null);
      assert.equal(answer.body.errorCode, -7131);
    });

    it("says of a path it lacks that it is unsupported", async () => {
      const { client } = await setUpSignedIn();

      const answers = [await client.call("GET", "nothing"), await client.inHarbour("PATCH", "led", { enable: true })];

      assert.deepEqual(codesOf(answers), [-1600, -1600]);
    });

    it("answers 429 over its budget, and recovers a second later", async () => {
      const { omada, client } = await setUpSignedIn();
      let now = Date.now();
      omada.now = () => now;
      omada.rateLimit = 2;

      const burst = [1, 2, 3].map(() => client.inHarbour("GET", "led"));
      const statuses = (await Promise.all(burst)).map(({ status }) => status);
      now += 1000;
      const later = await client.inHarbour("GET", "led");

      assert.equal(statuses.filter((status) => status === 429).length, 1);
      assert.equal(later.status, 200);
    });
  });

  describe("with a user", () => {
    it("turns a login into a code, the code into a token, and lets that do what a client's may not", async () => {
      const { client } = await setUpSignedIn();
      const asClient = await client.call("GET", "users?page=1&pageSize=10");

      const { body } = await client.spendCode(await client.code());
      client.token = body.result.accessToken;
      const asUser = await client.call("GET", "users?page=1&pageSize=10");

      assert.deepEqual(codesOf([asClient, asUser]), [-44118, 0]);
    });

    it("refuses a wrong password with a number and a word", async () => {
      const { omada, client } = await setUp();

      const { status, body } = await client.logIn(omada.username, "wrong");

      assert.equal(status, 200);
      assert.ok((body.errorCode ?? 0) < 0 && body.msg);
    });

    it("wants the session and its own CSRF token for a code", async () => {
      const { omada, client } = await setUp();
      const { csrfToken, sessionId } = (await client.logIn(omada.username, omada.password)).body.result;

      const answers = [
        await client.requestCode("wrong", sessionId),
        await client.requestCode(csrfToken, "wrong"),
        await client.requestCode(csrfToken, sessionId),
      ];

      assert.deepEqual(codesOf(answers), [-44108, -44109, 0]);
    });

    it("takes a code once, and within two minutes", async () => {
      const { omada, client } = await setUp();
      let now = Date.now();
      omada.now = () => now;
      const [code, late] = [await client.code(), await client.code()];

      const answers = [await client.spendCode(code), await client.spendCode(code)];
      now += 120_000;
      answers.push(await client.spendCode(late));

      assert.deepEqual(codesOf(answers), [0, -44110, -44110]);
    });
  });

  describe("with lists", () => {
    it("pages a long list without losing or repeating a row, and echoes the page size", async () => {
      const { omada, client } = await setUpSignedIn();
      omada.addClients(omada.site("Depot"), 25);
      const path = `sites/${omada.site("Depot").siteId}/clients`;

      const pages = await Promise.all([1, 2, 3].map((page) => client.call("GET", `${path}?page=${page}&pageSize=10`)));

      const results = pages.map(({ body }) => body.result);
      assert.deepEqual(
        results.map(({ totalRows, currentPage, currentSize }) => [totalRows, currentPage, currentSize]),
        [
          [25, 1, 10],
          [25, 2, 10],
          [25, 3, 10],
        ],
      );
      assert.equal(new Set(results.flatMap(({ data }) => data.map(({ mac }) => mac))).size, 25);
    });

    it("succeeds with nothing past the end", async () => {
      const { client } = await setUpSignedIn();

      const { body } = await client.call("GET", "sites?page=9&pageSize=10");

      assert.equal(body.errorCode, 0);
      assert.deepEqual([body.result.totalRows, body.result.data], [2, []]);
    });

    it("answers a missing page size with Spring's own 400 on 5.x, and with a number of its own on 6", async () => {
      const [old, young] = [await setUpSignedIn(), await setUpSignedIn({ version: "6.0.0.36" })];

      const on5 = await old.client.call("GET", "sites?page=1");
      const on6 = await young.client.call("GET", "sites?page=1");

      assert.deepEqual([on5.status, on5.body.errorCode, on5.body.error], [400, undefined, "Bad Request"]);
      assert.deepEqual([on6.status, on6.body.errorCode], [200, -1001]);
    });

    it("counts pages from 1, of 1 to 1000 rows", async () => {
      const { client } = await setUpSignedIn();

      const queries = ["page=0&pageSize=10", "page=1&pageSize=0", "page=1&pageSize=1001", "page=1&pageSize=1000"];
      const answers = await Promise.all(queries.map((query) => client.call("GET", `sites?${query}`)));

      assert.deepEqual(codesOf(answers), [-1001, -1001, -1001, 0]);
    });

    it("searches, filters and sorts", async () => {
      const { omada, client } = await setUpSignedIn();
      const names = async (query: string): Promise<unknown[]> => {
        const { body } = await client.inHarbour("GET", `clients?page=1&pageSize=100&${query}`);
        return body.result.data.map(({ name }) => name);
      };

      assert.deepEqual(await names("searchKey=PRINTER"), ["Office printer"]);
      assert.deepEqual(await names("searchKey=onerror"), ["<img src=x onerror=alert(1)>"]);
      assert.deepEqual(await names(`filters.gatewayMac=${omada.device("Harbour gateway").mac}`), ["Modem page"]);
      assert.deepEqual((await names("filters.wireless=false&sorts.name=desc"))[0], "Till");
    });

    it("wants a span of time and a page size it likes for logs, and shows the newest first", async () => {
      const { omada, client } = await setUpSignedIn();
      const [at, siteId] = [omada.now() - DAY, omada.site("Harbour").siteId];
      const log = { siteId, key: "DEV_REBOOT", module: "System", content: "Hm." };
      omada.events = [3, 9, 5].map((later) => ({ ...log, id: `event-${later}`, time: at + later }));
      const events = (query: string): Promise<Reply> => client.inHarbour("GET", `logs/events?page=1&${query}`);

      const [timeless, odd, good] = [
        await events("pageSize=10"),
        await events(`pageSize=25&filters.timeStart=${at}&filters.timeEnd=${at + 5}`),
        await events(`pageSize=10&filters.timeStart=${at}&filters.timeEnd=${at + 5}`),
      ];

      assert.deepEqual([timeless.status, odd.body.errorCode], [400, -1001]);
      assert.deepEqual(
        good.body.result.data.map(({ id }) => id),
        ["event-5", "event-3"],
      );
    });

    it("tells alerts that are resolved from those that are not", async () => {
      const { client } = await setUpSignedIn();

      const query = `page=1&pageSize=10&filters.timeStart=0&filters.timeEnd=${Date.now()}&filters.resolved=false`;
      const { body } = await client.inHarbour("GET", `logs/alerts?${query}`);

      assert.deepEqual(
        body.result.data.map(({ key, level }) => [key, level]),
        [["OSW_DET_LOOP", "Warning"]],
      );
    });

    it("shows clients by GET up to 6.1 and by POST from 6 on", async () => {
      const seen = [];
      for (const version of ["5.15.24.19", "6.0.0.36", "6.2.0.17"]) {
        const { client } = await setUpSignedIn({ version });
        const first = await client.inHarbour("GET", "clients?page=1&pageSize=10");
        seen.push(codesOf([first, await client.inHarbourV2("POST", "clients", { page: 1, pageSize: 10 })]));
      }

      assert.deepEqual(seen, [
        [0, -1600],
        [0, 0],
        [-1, 0],
      ]);
    });

    it("lists clients by scope: all, online, offline, blocked", async () => {
      const { client } = await setUpSignedIn({ version: "6.2.0.17" });

      const count = async (scope?: number): Promise<number> => {
        const body = { page: 1, pageSize: 100, scope, filters: {}, sorts: { name: "asc" } };
        return (await client.inHarbourV2("POST", "clients", body)).body.result.totalRows;
      };

      assert.deepEqual(
        [await count(), await count(0), await count(1), await count(2), await count(3)],
        [10, 12, 10, 1, 1],
      );
    });

    it("lists a site's devices in pages or all at once, in the fields of the Open API only", async () => {
      const { client } = await setUpSignedIn();

      const paged = (await client.inHarbour("GET", "devices?page=1&pageSize=100")).body.result.data;
      const all = (await client.inHarbour("GET", "devices/all")).body.result;

      assert.deepEqual(paged, all);
      assert.deepEqual(
        paged.map(({ type, status, detailStatus, uptime }) => [type, status, detailStatus, typeof uptime]),
        ["gateway", "switch", "ap", "ap"].map((type) => [type, 1, 14, "string"]),
      );
      assert.ok(paged.every((row) => !("siteId" in row) && !("ports" in row)));
    });
  });

  describe("with commands", () => {
    it("keeps a site's LED setting, and takes nothing but true and false for it", async () => {
      const { omada, client } = await setUpSignedIn();

      const [off, odd] = [
        await client.inHarbour("PUT", "led", { enable: false }),
        await client.inHarbour("PUT", "led", { enable: "yes" }),
      ];

      assert.deepEqual(codesOf([off, odd]), [0, -1001]);
      assert.equal((await client.inHarbour("GET", "led")).body.result.enable, false);
      assert.equal(omada.site("Depot").ledEnable, true);
    });

    it("blocks and unblocks a client", async () => {
      const { omada, client } = await setUpSignedIn();
      const till = omada.client("Till");

      await client.inHarbour("POST", `clients/${till.mac}/block`);
      const { blocked } = (await client.inHarbour("GET", `clients/${till.mac}`)).body.result;
      await client.inHarbour("POST", `clients/${till.mac}/unblock`);

      assert.deepEqual([blocked, till.blocked], [true, false]);
    });

    it("reconnects a wireless client, but not a wired one", async () => {
      const { omada, client } = await setUpSignedIn();
      const [phone, till] = [omada.client("Ada's phone"), omada.client("Till")];

      const answers = [
        await client.inHarbour("POST", `clients/${phone.mac}/reconnect`),
        await client.inHarbour("POST", `clients/${till.mac}/reconnect`),
      ];

      assert.deepEqual(codesOf(answers), [0, -41025]);
      assert.equal(phone.uptime, 0);
    });

    it("reads MACs in one spelling only", async () => {
      const { omada, client } = await setUpSignedIn();
      const { mac } = omada.client("Till");

      const spellings = [mac.toLowerCase(), mac.replaceAll("-", ":"), mac];
      const answers = await Promise.all(spellings.map((spelling) => client.inHarbour("GET", `clients/${spelling}`)));

      assert.deepEqual(codesOf(answers), [-1001, -1001, 0]);
    });

    it("has a number for everything that does not exist", async () => {
      const { omada, client } = await setUpSignedIn();
      const mac = "02-00-00-00-00-00";
      const gateway = omada.device("Harbour gateway").mac;

      const answers = await Promise.all([
        client.call("GET", `sites/${"0".repeat(24)}`),
        client.inHarbour("POST", `devices/${mac}/reboot`),
        client.inHarbour("GET", `gateways/${mac}/wan-status`),
        client.inHarbour("GET", `aps/${gateway}`),
        client.inHarbour("GET", `switches/${mac}`),
        client.inHarbour("PUT", `switches/${omada.device("Harbour switch").mac}/ports/99/poe-mode`, { poeMode: 1 }),
        client.inHarbour("POST", `clients/${mac}/block`),
        client.inHarbour("POST", `clients/${mac}/unblock`),
        client.inHarbour("POST", `clients/${mac}/reconnect`),
      ]);

      const expected = [-33000, -39006, -39501, -39303, -39050, -39701, -41002, -41004, -41011];
      assert.deepEqual(codesOf(answers), expected);
    });

    it("reboots a connected device for a minute, and not twice at once", async () => {
      const { omada, client } = await setUpSignedIn();
      const [hall, quay] = [omada.device("Hall AP"), omada.device("Quay AP")];
      quay.status = 0;

      const answers = [
        await client.inHarbour("POST", `devices/${hall.mac}/reboot`),
        await client.inHarbour("POST", `devices/${hall.mac}/reboot`),
        await client.inHarbour("POST", `devices/${quay.mac}/reboot`),
      ];
      const rebooting = (await client.inHarbour("GET", "devices?page=1&pageSize=10&searchKey=hall")).body.result.data;
      omada.now = () => Date.now() + 60_000;
      const later = (await client.inHarbour("GET", "devices?page=1&pageSize=10&searchKey=hall")).body.result.data;

      assert.deepEqual(codesOf(answers), [0, -39009, -39007]);
      assert.deepEqual([rebooting[0]?.["detailStatus"], later[0]?.["detailStatus"]], [13, 14]);
    });

    it("cuts one WAN off the internet and leaves the other alone", async () => {
      const { omada, client } = await setUpSignedIn();
      const { mac } = omada.device("Harbour gateway");

      await client.inHarbour("POST", `gateways/${mac}/internet-state`, { portId: 2, operation: 0 });

      const { result } = (await client.inHarbour("GET", `gateways/${mac}/wan-status`)).body;
      assert.deepEqual(
        result.map(({ internetState }) => internetState),
        [1, 0],
      );
    });

    it("switches PoE only where the port's profile is overridden", async () => {
      const { omada, client } = await setUpSignedIn();
      const path = `switches/${omada.device("Harbour switch").mac}`;

      const early = await client.inHarbour("PUT", `${path}/ports/4/poe-mode`, { poeMode: 0 });
      await client.inHarbour("PUT", `${path}/ports/4/profile-override`, { profileOverrideEnable: true });
      const late = await client.inHarbour("PUT", `${path}/ports/4/poe-mode`, { poeMode: 0 });

      const { portList } = (await client.inHarbour("GET", path)).body.result;
      assert.deepEqual(codesOf([early, late]), [-39737, 0]);
      assert.deepEqual(
        portList.filter(({ poeMode }) => poeMode === 0).map(({ port }) => port),
        [4],
      );
    });

    it("has no PoE where the switch has none, overridden or not", async () => {
      const { omada, client } = await setUpSignedIn();
      const [depot, { mac }] = [omada.site("Depot"), omada.device("Depot switch")];

      const { body } = await client.call("PUT", `sites/${depot.siteId}/switches/${mac}/ports/1/poe-mode`, {
        poeMode: 1,
      });

      assert.equal(body.errorCode, -39747);
    });

    it("takes an access point's SSIDs as a whole list or not at all", async () => {
      const { omada, client } = await setUpSignedIn();
      const path = `aps/${omada.device("Hall AP").mac}/override`;
      const flags = { overrideSsidEnable: false, overrideVlanEnable: false };
      const whole = [1, 2].map((ssidEntryId) => ({ ssidEntryId, ...flags, ssidEnable: ssidEntryId === 1 }));

      const partly = await client.inHarbourV2("PATCH", path, { ssidOverrides: whole.slice(1) });
      const before = (await client.inHarbourV2("GET", path)).body.result.ssidOverrides;
      await client.inHarbourV2("PATCH", path, { ssidOverrides: whole });
      const after = (await client.inHarbourV2("GET", path)).body.result.ssidOverrides;

      const enabled = [before, after].map((ssids) => ssids.map(({ ssidEnable }) => ssidEnable));
      assert.equal(partly.body.errorCode, -1001);
      assert.deepEqual(enabled, [
        [true, true],
        [true, false],
      ]);
    });

    it("counts in its overview what is connected now", async () => {
      const { omada, client } = await setUpSignedIn();
      omada.device("Hall AP").status = 0;
      omada.client("Till").active = false;

      const { result } = (await client.inHarbour("GET", "dashboard/overview-diagram")).body;

      assert.deepEqual([result.connectedApNum, result.totalClientNum], [1, 9]);
    });

    it("forgets a device, and a site with all that is in it", async () => {
      const { omada, client } = await setUpSignedIn();
      const [hall, harbour] = [omada.device("Hall AP"), omada.site("Harbour")];

      await client.inHarbour("POST", `devices/${hall.mac}/forget`);
      const devices = omada.devices.map(({ name }) => name);
      await client.call("DELETE", `sites/${harbour.siteId}`);

      assert.deepEqual(devices, ["Harbour gateway", "Harbour switch", "Quay AP", "Depot switch"]);
      assert.deepEqual([omada.sites.length, omada.devices.length, omada.clients.length], [1, 1, 0]);
    });
  });

  describe("of a managed service provider", () => {
    it("lists customers and everyone's sites", async () => {
      const { omada, client } = await setUpSignedIn({ msp: true });
      const path = `/openapi/v1/msp/${omada.omadacId}`;

      const customers = await client.ask("GET", `${path}/customers?page=1&pageSize=10`, client);
      const sites = await client.ask("GET", `${path}/sites?page=1&pageSize=10`, client);

      assert.deepEqual(
        customers.body.result.data.map(({ customerName }) => customerName),
        ["Lighthouse Ltd", "Boatyard Ltd"],
      );
      assert.equal(sites.body.result.totalRows, 4);
    });

    it("lets a customer's token into that customer's own paths only", async () => {
      const { omada, client } = await setUp({ msp: true });
      const [own = "", other = ""] = omada.customers.map(({ customerId }) => customerId);
      await client.signIn({ omadacId: own });

      const answers = await Promise.all(
        [own, other, omada.omadacId, `msp/${omada.omadacId}`].map((id) =>
          client.ask("GET", `/openapi/v1/${id}/sites?page=1&pageSize=10`, client),
        ),
      );

      assert.deepEqual(codesOf(answers), [0, -44113, -44113, -44113]);
      assert.deepEqual(
        answers[0]?.body.result.data.map(({ name }) => name),
        ["Lighthouse"],
      );
    });

    it("keeps one customer's sites from another", async () => {
      const { omada, client } = await setUp({ msp: true });
      const [own = "", other = ""] = omada.customers.map(({ customerId }) => customerId);
      await client.signIn({ omadacId: other });

      const path = `/openapi/v1/${other}/sites/${omada.sites.find(({ ownerId }) => ownerId === own)?.siteId}`;
      const { body } = await client.ask("GET", path, client);

      assert.equal(body.errorCode, -33000);
    });

    it("is not what an ordinary controller is", async () => {
      const { omada, client } = await setUpSignedIn();

      const { body } = await client.ask(
        "GET",
        `/openapi/v1/msp/${omada.omadacId}/customers?page=1&pageSize=10`,
        client,
      );

      assert.equal(body.errorCode, -7131);
    });
  });

  it("counts what was asked by pattern", async () => {
    const { omada, client } = await setUpSignedIn();

    await client.inHarbour("GET", "led");
    await client.inHarbour("PUT", "led", { enable: true });

    assert.deepEqual([omada.calls(/\/led$/), omada.calls(/^PUT .*\/led$/g), omada.calls(/reboot/)], [2, 1, 0]);
  });
});

function codesOf(replies: Reply[]): unknown[] {
  return replies.map(({ body }) => body.errorCode);
}
