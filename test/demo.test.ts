import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";

describe("npm run demo", () => {
  it("plays the failover story without a person, and says how each step went", function () {
    this.timeout(90_000);

    const { status, stdout, stderr } = spawnSync(process.execPath, ["--import=tsx", "scripts/demo.ts", "--once"], {
      encoding: "utf8",
      timeout: 80_000,
    });

    assert.equal(status, 0, stderr);
    const steps = [...stdout.matchAll(/^\d+\. /gm)].map(([number]) => Number.parseInt(number, 10));
    assert.deepEqual(steps, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.match(stdout, /Fibre is down\. Now carrying: Starlink\./);
    assert.match(stdout, /Sign-ins: Kasa 1, Omada 1, router 1\./);
  });

  it("says what is wrong, and fails, when it is started with an option that it does not know", function () {
    this.timeout(30_000);

    const { status, stderr } = spawnSync(process.execPath, ["--import=tsx", "scripts/demo.ts", "--twice"], {
      encoding: "utf8",
    });

    assert.equal(status, 1);
    assert.match(stderr, /--twice/);
  });
});
