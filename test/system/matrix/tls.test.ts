import assert from "node:assert/strict";
import type { FlowNode } from "../../support/harness/node-red";
import { selfSigned, type Certificate } from "../../support/simulators/certificate";
import { everywhere, failedWith, Fixture, wentWell } from "./fixture";

const DAY = 86_400_000;
const CA = "tls-trusted";

/** The flow with a CA that is trusted in place of a pin. */
function trusting(stage: Fixture, certificate: Certificate): FlowNode[] {
  const files = { cert: "", key: "", ca: "" };
  const credentials = { cadata: certificate.cert };
  const trusted = { id: CA, type: "tls-config", verifyservercert: true, ...files, credentials };
  return [trusted, ...stage.with({ fingerprint: "", tls: CA })];
}

/** Every platform shows another certificate. */
function change(stage: Fixture, certificate: Certificate): void {
  for (const { server } of stage.platforms) {
    server.changeCertificate(certificate);
    server.dropConnections();
  }
}

/** Each message fails with `tls`, once, before a byte of it is sent. */
async function refused(stage: Fixture, words: RegExp): Promise<void> {
  const before = stage.each(({ server }) => server.journal.length);

  const endings = await stage.play();

  failedWith(endings, "tls");
  for (const { error } of endings) assert.match(error?.message ?? "", words);
  assert.deepEqual(
    stage.each(({ server }) => server.journal.length),
    before,
    "not a byte was sent",
  );
}

describe("matrix: TLS", () => {
  const past = { notBefore: new Date(Date.now() - 9 * DAY), notAfter: new Date(Date.now() - DAY) };
  const wrong: [what: string, certificate: Certificate, words: RegExp][] = [
    ["has expired", selfSigned(past), /has expired/],
    ["is for another host", selfSigned({ names: ["elsewhere.example"] }), /for another name/],
  ];
  for (const [what, certificate, words] of wrong) {
    it(`row 21: a certificate that ${what} is refused, although its CA is trusted`, async () => {
      const stage = await Fixture.set({ https: true });
      change(stage, certificate);
      await stage.deploy(trusting(stage, certificate));

      await refused(stage, words);

      await stage.deploy(stage.with({ fingerprint: certificate.fingerprint, tls: "" }));
      await stage.recovers();
    });
  }

  it("row 21: a self-signed certificate is refused where nobody vouches for it", async () => {
    const stage = await Fixture.set({ https: true });
    await stage.deploy(stage.with({ fingerprint: "" }));

    await refused(stage, /self-signed.*Nothing was sent/);

    await stage.deploy(stage.flow);
    await stage.recovers();
  });

  it("row 21: a certificate that is not the pinned one is refused, with both fingerprints", async () => {
    const [other, stage] = [selfSigned(), await Fixture.set({ https: true })];
    await stage.warmUp();
    change(stage, other);

    await refused(stage, new RegExp(`Expected [0-9A-F:]{95}, seen ${other.fingerprint}`));

    for (const { server, certificate } of stage.platforms) if (certificate) server.changeCertificate(certificate);
    await stage.recovers();
    assert.deepEqual(stage.asked("sign-in"), everywhere(0), "the session was not touched");
  });

  for (const trust of ["pin", "CA"] as const) {
    it(`row 21: a certificate that changes is refused also where the session could be resumed (${trust})`, async () => {
      const certificate = selfSigned();
      const stage = await Fixture.set({ https: true });
      change(stage, certificate);
      const pinned = stage.with({ fingerprint: certificate.fingerprint });
      await stage.deploy(trust === "pin" ? pinned : trusting(stage, certificate));
      await stage.warmUp();
      // Sessions of before are resumed with the same ticket keys, and then Node looks at no certificate.
      change(stage, selfSigned());

      await refused(
        stage,
        trust === "pin" ? /another certificate than the pinned one/ : /self-signed|cannot be verified/,
      );
    });
  }

  it("row 37: a port that another https service has taken gets no secret", async () => {
    const stage = await Fixture.set({ https: true });
    await stage.warmUp();
    change(stage, selfSigned({ subject: "printer", names: ["printer.example"] }));
    for (const platform of stage.platforms) platform.spendTokens();

    await refused(stage, /another certificate than the pinned one/);
  });

  it("row 21: a message cannot switch the verification off", async () => {
    const stage = await Fixture.set({ https: true });
    await stage.deploy(stage.with({ fingerprint: "" }));
    const endings = await stage.play("all", {
      rejectUnauthorized: false,
      tls: CA,
      fingerprint: "",
      url: "https://127.0.0.1",
      server: "https://127.0.0.1",
    });

    failedWith(endings, "tls");
    assert.deepEqual(
      stage.each(({ server }) => server.journal.length),
      everywhere(0),
    );
    await stage.deploy(stage.flow);
    wentWell(await stage.play());
  });
});
