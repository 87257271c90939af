import assert from "node:assert/strict";
import type { FlowNode } from "../../support/harness/node-red";
import { selfSigned, type Certificate } from "../../support/simulators/certificate";
import { assertFailed, assertSucceeded, Fixture, onEveryPlatform } from "./fixture";

const DAY = 86_400_000;
const CA = "tls-trusted";

/** The flow with a trusted CA in place of a pinned certificate. */
function withTrustedCa(fixture: Fixture, certificate: Certificate): FlowNode[] {
  const files = { cert: "", key: "", ca: "" };
  const credentials = { cadata: certificate.cert };
  const trusted = { id: CA, type: "tls-config", verifyservercert: true, ...files, credentials };
  return [trusted, ...fixture.with({ fingerprint: "", tls: CA })];
}

/** Makes every platform present another certificate. */
function changeCertificates(fixture: Fixture, certificate: Certificate): void {
  for (const { server } of fixture.platforms) {
    server.changeCertificate(certificate);
    server.dropConnections();
  }
}

/** Fails unless each message fails with `tls`, before a byte of it is sent. */
async function assertRefused(fixture: Fixture, message: RegExp): Promise<void> {
  const before = fixture.mapPlatforms(({ server }) => server.journal.length);

  const outcomes = await fixture.sendToAll();

  assertFailed(outcomes, "tls");
  for (const { error } of outcomes) assert.match(error?.message ?? "", message);
  assert.deepEqual(
    fixture.mapPlatforms(({ server }) => server.journal.length),
    before,
    "not a byte was sent",
  );
}

describe("matrix: TLS", () => {
  const past = { notBefore: new Date(Date.now() - 9 * DAY), notAfter: new Date(Date.now() - DAY) };
  const invalid: [what: string, certificate: Certificate, message: RegExp][] = [
    ["has expired", selfSigned(past), /has expired/],
    ["is for another host", selfSigned({ names: ["elsewhere.example"] }), /for another name/],
  ];
  for (const [what, certificate, message] of invalid) {
    it(`row 21: a certificate that ${what} is refused even if its CA is trusted`, async () => {
      const fixture = await Fixture.start({ https: true });
      changeCertificates(fixture, certificate);
      await fixture.deploy(withTrustedCa(fixture, certificate));

      await assertRefused(fixture, message);

      await fixture.deploy(fixture.with({ fingerprint: certificate.fingerprint, tls: "" }));
      await fixture.assertRecovers();
    });
  }

  it("row 21: a self-signed certificate is refused if it is not trusted", async () => {
    const fixture = await Fixture.start({ https: true });
    await fixture.deploy(fixture.with({ fingerprint: "" }));

    await assertRefused(fixture, /self-signed.*Nothing was sent/);

    await fixture.deploy(fixture.flow);
    await fixture.assertRecovers();
  });

  it("row 21: a certificate that is not the pinned one is refused, with both fingerprints", async () => {
    const [other, fixture] = [selfSigned(), await Fixture.start({ https: true })];
    await fixture.warmUp();
    changeCertificates(fixture, other);

    await assertRefused(fixture, new RegExp(`Expected [0-9A-F:]{95}, seen ${other.fingerprint}`));

    for (const { server, certificate } of fixture.platforms) if (certificate) server.changeCertificate(certificate);
    await fixture.assertRecovers();
    assert.deepEqual(fixture.requestCounts("sign-in"), onEveryPlatform(0), "the session is kept");
  });

  for (const trust of ["pin", "CA"] as const) {
    it(`row 21: a certificate that changes is refused even if the TLS session could be resumed (${trust})`, async () => {
      const certificate = selfSigned();
      const fixture = await Fixture.start({ https: true });
      changeCertificates(fixture, certificate);
      const pinned = fixture.with({ fingerprint: certificate.fingerprint });
      await fixture.deploy(trust === "pin" ? pinned : withTrustedCa(fixture, certificate));
      await fixture.warmUp();
      // Earlier TLS sessions are resumed with the same ticket keys, and Node then checks no certificate.
      changeCertificates(fixture, selfSigned());

      await assertRefused(
        fixture,
        trust === "pin" ? /another certificate than the pinned one/ : /self-signed|cannot be verified/,
      );
    });
  }

  it("row 37: a port that another https service uses gets no secret", async () => {
    const fixture = await Fixture.start({ https: true });
    await fixture.warmUp();
    changeCertificates(fixture, selfSigned({ subject: "printer", names: ["printer.example"] }));
    for (const platform of fixture.platforms) platform.expireTokens();

    await assertRefused(fixture, /another certificate than the pinned one/);
  });

  it("row 21: a message cannot disable the verification", async () => {
    const fixture = await Fixture.start({ https: true });
    await fixture.deploy(fixture.with({ fingerprint: "" }));
    const outcomes = await fixture.sendToAll("all", {
      rejectUnauthorized: false,
      tls: CA,
      fingerprint: "",
      url: "https://127.0.0.1",
      server: "https://127.0.0.1",
    });

    assertFailed(outcomes, "tls");
    assert.deepEqual(
      fixture.mapPlatforms(({ server }) => server.journal.length),
      onEveryPlatform(0),
    );
    await fixture.deploy(fixture.flow);
    assertSucceeded(await fixture.sendToAll());
  });
});
