import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

describe("npm run demo", () => {
  it("plays the failover story without a person, and says how each step went", function () {
    this.timeout(160_000);

    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import=tsx", "scripts/demo/main.ts", "--once"], {
      encoding: "utf8",
      timeout: 150_000,
    });

    assert.equal(status, 0, stderr);
    const steps = [...stdout.matchAll(/^\d+\. /gm)].map(([number]) => Number.parseInt(number, 10));
    assert.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert.match(stdout, /Fibre is down\. Now carrying: Starlink\./);
    assert.match(stdout, /Sign-ins: Kasa 1, Omada 1, router 1\./);
    assert.match(stdout, /The modem's plug is off, told over the local network\.\n12\. The modem's plug is on, /);
  });

  it("goes on without the dashboard where npm cannot bring it, whatever an earlier demo left", async function () {
    this.timeout(120_000);
    const dir = mkdtempSync(join(tmpdir(), "homenet-demo-"));
    writeFileSync(join(dir, "flows.json"), JSON.stringify([{ id: "1", type: "gone" }]));
    // Nobody listens there.
    const env = { ...process.env, npm_config_registry: "http://127.0.0.1:9" };
    const demo = spawn(process.execPath, ["--import=tsx", "scripts/demo/main.ts", "--port", "0", "--dir", dir], {
      env,
    });

    try {
      let text = "";
      for await (const data of demo.stdout) {
        text += String(data);
        if (text.includes("ends the demo")) break;
      }

      assert.match(text, /The dashboard is left out: npm could not bring \S+ \(ECONNREFUSED\)\. Everything else works/);
      assert.doesNotMatch(text, /\/dashboard/);
    } finally {
      const ended = once(demo, "exit");
      demo.kill("SIGTERM");
      await ended;
      rmSync(dir, { recursive: true, force: true });
    }
    assert.equal(demo.exitCode, 0);
  });

  it("says what is wrong, and fails, when it is started with an option that it does not know", function () {
    this.timeout(30_000);

    const { status, stderr } = spawnSync(process.execPath, ["--import=tsx", "scripts/demo/main.ts", "--twice"], {
      encoding: "utf8",
    });

    assert.equal(status, 1);
    assert.match(stderr, /--twice/);
  });
});
