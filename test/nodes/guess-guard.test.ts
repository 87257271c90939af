import assert from "node:assert/strict";
import { GuessGuard } from "../../nodes/shared/guess-guard";
import { FakeClock } from "../support/fake-clock";

const ADDRESS = "192.0.2.1";

function setUp() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const guard = new GuessGuard(clock, (line) => lines.push(line));
  let answered = 0;
  const guess = (times: number, address = ADDRESS): void => {
    for (let time = 0; time < times; time++) guard.failed(address).then(() => answered++, assert.fail);
  };
  return { clock, lines, guard, guess, answered: () => answered };
}

describe("The guard of a secret", () => {
  it("answers ten wrong secrets from an address at once, and each further one a second later than the one before", async () => {
    const { clock, guess, answered } = setUp();
    guess(25);
    assert.deepEqual(
      clock.sleeps,
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10, 10, 10, 10].map((seconds) => seconds * 1000),
    );
    await clock.advance(999);
    assert.equal(answered(), 10);
    await clock.advance(1);
    assert.equal(answered(), 11);
    await clock.advance(9000);
    assert.equal(answered(), 25);
  });

  it("delays nobody else, but whoever shares a network of IPv6 with the guesser", () => {
    const { clock, guess } = setUp();
    guess(11, "2001:db8:1:2::1");
    guess(1, "192.0.2.2");
    guess(1, "2001:db8:1:3::1");
    assert.equal(clock.sleepers, 1);
    guess(1, "2001:db8:1:2:ffff::9");
    assert.equal(clock.sleepers, 2);
  });

  it("refuses the guesses of an address while twenty wait for their answer", async () => {
    const { clock, guard, guess } = setUp();
    guess(29);
    assert.equal(guard.isBlocked(ADDRESS), false);
    guess(1);
    assert.deepEqual([guard.isBlocked(ADDRESS), guard.isBlocked("192.0.2.2")], [true, false]);
    await clock.advance(10_000);
    assert.equal(guard.isBlocked(ADDRESS), false);
  });

  it("forgets an address that has made no wrong guess for a minute, also after the clock was set back", async () => {
    for (const passed of [60_000, -60_000]) {
      const { clock, guess } = setUp();
      guess(10);
      clock.shift(passed);
      guess(10);
      assert.deepEqual(clock.sleeps, [], `${passed} ms`);
    }
  });

  it("logs a line a minute, with how many there were", () => {
    const { clock, lines, guess } = setUp();
    guess(5);
    clock.shift(60_000);
    guess(1);
    assert.deepEqual(lines, [
      `A post had the wrong secret, the last one from ${ADDRESS}.`,
      `5 posts had the wrong secret, the last one from ${ADDRESS}.`,
    ]);
  });

  it("answers all that wait when it is closed", async () => {
    const { clock, guard, guess, answered } = setUp();
    guess(15);
    guard.close();
    await clock.advance(0);
    assert.deepEqual([answered(), clock.sleepers], [15, 0]);
  });
});
