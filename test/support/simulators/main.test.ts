import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { createServer, type AddressInfo } from "node:net";
import { resolve } from "node:path";
import { TLSSocket } from "node:tls";

/** The line that the program prints: where everything is, and how to sign in. */
interface Places {
  kasa: Record<"url" | "email" | "password", string>;
  omada: Record<"url" | "omadacId" | "clientId" | "clientSecret" | "fingerprint", string>;
  router: Record<"url" | "clientId" | "clientSecret" | "username" | "password" | "fingerprint", string>;
}

interface Told {
  body: string;
  fingerprint: string | undefined;
}

/** What `npm run simulators` runs. */
const { scripts } = JSON.parse(readFileSync(resolve("package.json"), "utf8")) as { scripts: Record<string, string> };
const [program = "", ...given] = scripts["simulators"]?.split(" ") ?? [];

const children: ChildProcess[] = [];

/** Starts the program; its output is gathered. */
function start(...options: string[]) {
  const child = spawn(resolve("node_modules/.bin", program), [...given, ...options], { stdio: "pipe" });
  children.push(child);
  const said = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said.err += chunk.toString()));
  const ended = once(child, "close").then(([code]: unknown[]) => code);
  return { child, said, ended };
}

/** Starts the program, and waits for its line. */
async function started(...options: string[]) {
  const run = start(...options);
  const failed = run.ended.then(() => assert.fail(`it ended: ${run.said.err}`));
  while (!run.said.out.includes("\n")) await Promise.race([once(run.child.stdout, "data"), failed]);
  const where: Places = JSON.parse(run.said.out);
  return { ...run, where };
}

/** Asks as somebody who knows nothing but the address; a certificate is looked at afterwards. */
async function ask(url: string, body?: object): Promise<Told> {
  const request = url.startsWith("https:") ? requestHttps : requestHttp;
  const headers = { "content-type": "application/json" };
  const options = { method: body ? "POST" : "GET", headers, agent: false as const, rejectUnauthorized: false };
  const asked = request(url, options).end(body && JSON.stringify(body));
  const [answer] = (await once(asked, "response")) as [import("node:http").IncomingMessage];
  const { socket } = answer;
  const fingerprint = socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : undefined;
  let text = "";
  for await (const chunk of answer) text += String(chunk);
  return { body: text, fingerprint };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

describe("npm run simulators", () => {
  afterEach(async () => {
    const living = children.splice(0).filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(
      living.map(async (child) => {
        // The program runs in a child of this one, which hears of no harder signal.
        child.kill("SIGTERM");
        await once(child, "close");
      }),
    );
  });

  it("says in one line of JSON where everything is and how to sign in", async () => {
    const { said, where } = await started();

    assert.equal(said.out.indexOf("\n"), said.out.length - 1);
    const texts = (from: object, names: string[]): unknown[] =>
      names.filter((name) => typeof (from as Record<string, unknown>)[name] !== "string");
    const client = ["url", "clientId", "clientSecret", "fingerprint"];
    assert.deepEqual(texts(where.kasa, ["url", "email", "password"]), []);
    assert.deepEqual(texts(where.omada, [...client, "omadacId"]), []);
    assert.deepEqual(texts(where.router, [...client, "username", "password"]), []);
    for (const { url } of Object.values(where)) assert.match(url, /^https?:\/\/127\.0\.0\.1:\d+$/);
  });

  it("answers a plain client on each platform, with the certificates that it names", async () => {
    const { where } = await started();
    const { kasa, omada, router } = where;
    const { email: cloudUserName, password: cloudPassword } = kasa;
    const params = { appType: "Kasa_Android", cloudUserName, cloudPassword, terminalUUID: "stranger" };
    const { omadacId, clientId: client_id, clientSecret: client_secret } = omada;
    const grant = `${omada.url}/openapi/authorize/token?grant_type=client_credentials`;
    const { clientId, clientSecret, username, password } = router;

    const [signedIn, authorized, granted, loggedIn] = await Promise.all([
      ask(kasa.url, { method: "login", params }),
      ask(grant, { omadacId, client_id, client_secret }),
      ask(`${router.url}/api/auth.token.grant`, { clientId, clientSecret }),
      ask(`${router.url}/api/login`, { username, password }),
    ]);

    assert.match(signedIn.body, /"error_code":0.*"token":"/);
    assert.match(authorized.body, /"errorCode":0.*"accessToken":"/);
    assert.match(granted.body, /"stat":"ok".*"accessToken":"/);
    assert.match(loggedIn.body, /"stat":"ok".*"permission"/);
    assert.deepEqual([authorized.fingerprint, granted.fingerprint], [omada.fingerprint, router.fingerprint]);
    assert.notEqual(omada.fingerprint, router.fingerprint);
  });

  it("listens where it is told to", async () => {
    const [kasa, omada, router] = await Promise.all([freePort(), freePort(), freePort()]);

    const { where } = await started("--kasa-port", `${kasa}`, "--omada-port", `${omada}`, `--router-port=${router}`);

    const ports = Object.values(where).map(({ url }) => Number(new URL(url).port));
    assert.deepEqual(ports, [kasa, omada, router]);
  });

  it("ends with 1 and a reason where a port is taken", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { said, ended } = start("--router-port", `${(taken.address() as AddressInfo).port}`);

    const code = await ended;

    taken.close();
    assert.deepEqual([code, said.out], [1, ""]);
    assert.match(said.err, /EADDRINUSE/);
  });

  for (const options of [
    ["--kasa-port", "-1"],
    ["--omada-port", "65536"],
    ["--router-port", "x"],
    ["--port", "1"],
    ["1"],
  ]) {
    it(`ends with 2 and a hint for ${options.join(" ")}`, async () => {
      const { said, ended } = start(...options);

      const code = await ended;

      assert.deepEqual([code, said.out], [2, ""]);
      assert.match(said.err, /Try --help\.\n$/);
      assert.doesNotMatch(said.err, /^ {4}at /m);
    });
  }

  it("tells of its options, and starts nothing", async () => {
    const { said, ended } = start("--help");

    const code = await ended;

    assert.equal(code, 0);
    for (const option of ["--kasa-port", "--omada-port", "--router-port"]) assert.ok(said.out.includes(option), option);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`ends with 0 at ${signal}, also while somebody is connected`, async () => {
      const { child, ended, where } = await started();
      const waiting = requestHttp(where.kasa.url, { method: "POST" });
      waiting.on("error", () => undefined).write("{");
      await once(waiting, "socket");

      child.kill(signal);

      assert.equal(await ended, 0);
    });
  }
});
