import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { connect, createServer, type AddressInfo } from "node:net";
import { resolve } from "node:path";
import { TLSSocket } from "node:tls";

/** The line that the program prints: addresses and credentials. */
interface Access {
  kasa: Record<"url" | "email" | "password", string>;
  tapo: Record<"url" | "urlV2" | "caFile", string>;
  omada: Record<"url" | "omadacId" | "clientId" | "clientSecret" | "fingerprint", string>;
  router: Record<"url" | "clientId" | "clientSecret" | "username" | "password" | "fingerprint", string>;
  lan: {
    email: string;
    password: string;
    broadcast: string;
    ports: LanPorts;
    devices: (Record<"name" | "host" | "family" | "transport" | "model" | "alias" | "deviceId" | "mac", string> & {
      ports: LanPorts;
    })[];
  };
}

type LanPorts = Record<"xor" | "http" | "tdp", number>;

const urlsOf = ({ kasa, omada, router }: Access): string[] => [kasa.url, omada.url, router.url];

interface PlainResponse {
  body: string;
  fingerprint: string | undefined;
}

/** The command of `npm run simulators`. */
const { scripts } = JSON.parse(readFileSync(resolve("package.json"), "utf8")) as { scripts: Record<string, string> };
const [program = "", ...args] = scripts["simulators"]?.split(" ") ?? [];

const children: ChildProcess[] = [];

/** Starts the program, and collects its output. */
function start(...options: string[]) {
  // In the same process as its loader: tsx itself ends with 130 where its child takes 30 ms to notice SIGINT.
  const child = spawn(process.execPath, [`--import=${program}`, ...args, ...options], { stdio: "pipe" });
  children.push(child);
  const output = { out: "", err: "" };
  child.stdout.on("data", (chunk: Buffer) => (output.out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output.err += chunk.toString()));
  const ended = once(child, "close").then(([code]: unknown[]) => code);
  return { child, output, ended };
}

/** Starts the program, and waits for its line. */
async function startAndWait(...options: string[]) {
  const run = start(...options);
  const failed = run.ended.then(() => assert.fail(`The program ended: ${run.output.err}`));
  while (!run.output.out.includes("\n")) await Promise.race([once(run.child.stdout, "data"), failed]);
  const access: Access = JSON.parse(run.output.out);
  return { ...run, access };
}

/** Sends a request as a plain client does, and returns the fingerprint of the certificate with the response. */
async function send(url: string, body?: object): Promise<PlainResponse> {
  const request = url.startsWith("https:") ? requestHttps : requestHttp;
  const headers = { "content-type": "application/json" };
  const options = { method: body ? "POST" : "GET", headers, agent: false as const, rejectUnauthorized: false };
  const sent = request(url, options).end(body && JSON.stringify(body));
  const [response] = (await once(sent, "response")) as [import("node:http").IncomingMessage];
  const { socket } = response;
  const fingerprint = socket instanceof TLSSocket ? socket.getPeerCertificate().fingerprint256 : undefined;
  let text = "";
  for await (const chunk of response) text += String(chunk);
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
    const running = children.splice(0).filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    await Promise.all(
      running.map(async (child) => {
        // The program is a child of this process, which does not pass on SIGKILL.
        child.kill("SIGTERM");
        await once(child, "close");
      }),
    );
  });

  it("prints addresses and credentials as one line of JSON", async () => {
    const { output, access } = await startAndWait();

    assert.equal(output.out.indexOf("\n"), output.out.length - 1);
    const missing = (from: object, names: string[]): unknown[] =>
      names.filter((name) => typeof (from as Record<string, unknown>)[name] !== "string");
    const client = ["url", "clientId", "clientSecret", "fingerprint"];
    assert.deepEqual(missing(access.kasa, ["url", "email", "password"]), []);
    assert.deepEqual(missing(access.tapo, ["url", "urlV2", "caFile"]), []);
    assert.match(readFileSync(access.tapo.caFile, "utf8"), /^-----BEGIN CERTIFICATE-----/);
    assert.deepEqual(missing(access.omada, [...client, "omadacId"]), []);
    assert.deepEqual(missing(access.router, [...client, "username", "password"]), []);
    for (const url of urlsOf(access)) assert.match(url, /^https?:\/\/127\.0\.0\.1:\d+$/);
  });

  it("serves a plain client on each platform, with the certificates whose fingerprints it prints", async () => {
    const { access } = await startAndWait();
    const { kasa, omada, router } = access;
    const { email: cloudUserName, password: cloudPassword } = kasa;
    const params = { appType: "Kasa_Android", cloudUserName, cloudPassword, terminalUUID: "plain-client" };
    const { omadacId, clientId: client_id, clientSecret: client_secret } = omada;
    const grant = `${omada.url}/openapi/authorize/token?grant_type=client_credentials`;
    const { clientId, clientSecret, username, password } = router;

    const [signedIn, authorized, granted, loggedIn] = await Promise.all([
      send(kasa.url, { method: "login", params }),
      send(grant, { omadacId, client_id, client_secret }),
      send(`${router.url}/api/auth.token.grant`, { clientId, clientSecret }),
      send(`${router.url}/api/login`, { username, password }),
    ]);

    assert.match(signedIn.body, /"error_code":0.*"token":"/);
    assert.match(authorized.body, /"errorCode":0.*"accessToken":"/);
    assert.match(granted.body, /"stat":"ok".*"accessToken":"/);
    assert.match(loggedIn.body, /"stat":"ok".*"permission"/);
    assert.deepEqual([authorized.fingerprint, granted.fingerprint], [omada.fingerprint, router.fingerprint]);
    assert.notEqual(omada.fingerprint, router.fingerprint);
  });

  it("has devices of every kind on addresses of this machine, older ones with a response on UDP and TCP", async () => {
    const { access } = await startAndWait();
    const { devices, email, password, broadcast } = access.lan;

    assert.deepEqual([email, password], [access.kasa.email, access.kasa.password]);
    assert.equal(broadcast, "127.255.255.255");
    const kinds = new Set(devices.map(({ family, transport }) => `${family} ${transport}`));
    const all = ["IOT klap1", "IOT klap2", "IOT xor", "SMART aes1", "SMART aes2", "SMART klap2", "SMART tpap"];
    assert.deepEqual([...kinds].toSorted(), all);
    assert.equal(new Set(devices.map(({ host }) => host)).size, devices.length);
    for (const { host, mac, deviceId, ports } of devices) {
      assert.match(`${host} ${mac} ${deviceId}`, /^127[.\d]+ [-0-9A-F]{17} [0-9A-F]{40}$/);
      assert.ok(ports.xor > 0 && ports.http > 0 && ports.tdp > 0);
    }
    const { host, ports } = devices.find(({ transport }) => transport === "xor") ?? assert.fail();
    const socket = connect(ports.xor, host).end(
      Buffer.from("0000001dd0f281f88bff9af7d5ef94b6d1b4c09fec95e68fe187e8caf08bf68bf6", "hex"),
    );
    const [length] = (await once(socket, "data")) as [Buffer];
    assert.equal(length[0], 0);
    socket.destroy();
  });

  it("listens on the given ports", async () => {
    const [kasa, omada, router] = await Promise.all([freePort(), freePort(), freePort()]);

    const { access } = await startAndWait(
      "--kasa-port",
      `${kasa}`,
      "--omada-port",
      `${omada}`,
      `--router-port=${router}`,
    );

    const ports = urlsOf(access).map((url) => Number(new URL(url).port));
    assert.deepEqual(ports, [kasa, omada, router]);
  });

  it("exits with 1 and a reason if a port is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { output, ended } = start("--router-port", `${(other.address() as AddressInfo).port}`);

    const code = await ended;

    other.close();
    assert.deepEqual([code, output.out], [1, ""]);
    assert.match(output.err, /EADDRINUSE/);
  });

  for (const options of [
    ["--kasa-port", "-1"],
    ["--omada-port", "65536"],
    ["--router-port", "x"],
    ["--port", "1"],
    ["1"],
  ]) {
    it(`exits with 2 and a hint for the options ${options.join(" ")}`, async () => {
      const { output, ended } = start(...options);

      const code = await ended;

      assert.deepEqual([code, output.out], [2, ""]);
      assert.match(output.err, /Try --help\.\n$/);
      assert.doesNotMatch(output.err, /^ {4}at /m);
    });
  }

  it("prints its options with --help, and starts nothing", async () => {
    const { output, ended } = start("--help");

    const code = await ended;

    assert.equal(code, 0);
    for (const option of ["--kasa-port", "--omada-port", "--router-port", "--lan-xor-port"])
      assert.ok(output.out.includes(option), option);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`exits with 0 on ${signal}, also while a client is connected`, async () => {
      const { child, ended, access } = await startAndWait();
      const pending = requestHttp(access.kasa.url, { method: "POST" });
      pending.on("error", () => undefined).write("{");
      await once(pending, "socket");

      child.kill(signal);

      assert.equal(await ended, 0);
    });
  }
});
