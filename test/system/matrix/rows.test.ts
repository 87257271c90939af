import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** A fault, and the tests that show what happens. */
interface Row {
  /** What goes wrong. */
  fault: string;
  /** The files of this folder that test it, on all platforms to which it applies. */
  here?: string[];
  /** Other tests: a file below `test`, and a part of the title; without one, the whole file. */
  elsewhere?: [file: string, title?: string][];
  /** Where the contract differs from what was asked for: the contract prevails. */
  contract?: string;
  /** What cannot happen in this package, and why. */
  never?: string;
}

/** Every fault that the package is tested against, by its number. */
const ROWS: Record<number, Row> = {
  1: { fault: "a token is revoked with hundreds in flight", here: ["tokens"] },
  2: { fault: "the same, on a platform whose sign-ins end the earlier sessions", here: ["tokens"] },
  3: {
    fault: "a token expires in a quiet hour, before a hundred messages at once",
    here: ["tokens"],
    contract:
      "Kasa's cloud does not return the lifetime of its tokens: there, each concurrent message is refused before the one sign-in.",
  },
  4: { fault: "the sign-in fails twice while hundreds of messages wait", here: ["tokens"] },
  5: {
    fault: "a wrong password, with hundreds of messages",
    here: ["tokens"],
    elsewhere: [["runtime/session-storage.test.ts", "does not send it again after a restart"]],
  },
  6: {
    fault: "the account is locked, or the platform limits sign-ins",
    here: ["tokens"],
    elsewhere: [
      ["nodes/kasa-sign-in-refusal.test.ts", "distinguishes a locked account from a wrong password"],
      ["nodes/kasa-sign-in-refusal.test.ts", "is `busy` if the cloud limits sign-ins"],
      ["unit/session/session-cooldown.test.ts", "waits for as long as the platform asks"],
    ],
  },
  7: {
    fault: "the password is corrected and deployed",
    here: ["tokens"],
    elsewhere: [["runtime/session-registry.test.ts", "is replaced when the credentials are corrected"]],
  },
  8: {
    fault: "new tokens are refused as well",
    here: ["tokens"],
    elsewhere: [["nodes/omada-command-writes.test.ts", "no third time if a new token is refused as well"]],
  },
  9: { fault: "a call is forbidden", here: ["tokens"] },
  10: {
    fault: "two config nodes share an account that allows one session",
    here: ["tokens"],
    elsewhere: [["nodes/kasa-session.test.ts", "points to another client"]],
    contract:
      "There is no warning about it: each expired token is renewed once, and two invalid ones in a row are an error.",
  },
  11: { fault: "the platform restarts and forgets its tokens", here: ["network"] },
  12: {
    fault: "the connection breaks before, during or after a response",
    here: ["network"],
    elsewhere: [
      ["unit/http/transport-retry.test.ts", "a read at most twice after"],
      ["nodes/omada-command-writes.test.ts", "not again if the response to the repeated request is lost"],
      ["nodes/router-config-post-apply.test.ts", "applies a change only once even if the connection breaks"],
    ],
  },
  13: { fault: "the platform closes idle connections at any moment", here: ["network"] },
  14: {
    fault: "Retry-After in all its forms",
    here: ["limits"],
    elsewhere: [["unit/http/retry.test.ts", "A Retry-After header"]],
  },
  15: {
    fault: "a storm of HTTP 503",
    here: ["network"],
    contract: "There is no budget for retries: a read is tried at most three times, and a write once.",
  },
  16: {
    fault: "a response that is truncated, empty, or followed by some bytes",
    here: ["answers"],
    contract: "`protocol` is never retried; a broken connection is `network`, after which a read is retried.",
  },
  17: {
    fault: "a login page, a captive portal, another format or encoding",
    here: ["answers"],
    elsewhere: [
      ["unit/peplink/client.test.ts", "says what to check when the response after the sign-in is a web page"],
    ],
    contract: "No platform is known to respond to an expired session with a page: each page is `protocol`.",
  },
  18: {
    fault: "no response, or a response that comes too slowly, in any phase",
    here: ["network"],
    elsewhere: [["unit/http/transport-abort.test.ts", "A transport's deadline"]],
    contract: "The timeout is that of one attempt: a read has three of them.",
    never: "no response stalls because of the package: it is read as it arrives, up to 16 MiB",
  },
  19: { fault: "an endless response, or a small one that decompresses to a large one", here: ["answers"] },
  20: {
    fault: "the name of the server does not exist, does not resolve, moves, or has a dead first address",
    here: ["names"],
    contract: "A name that does not exist is tried three times, like every request that cannot have arrived.",
  },
  21: {
    fault: "a certificate that is invalid, or changes, even if the TLS session could be resumed",
    here: ["tls"],
    elsewhere: [["unit/http/tls.test.ts", "A pinned certificate"], ["runtime/config-node-tls.test.ts"]],
  },
  22: {
    fault: "redirects",
    here: ["answers"],
    elsewhere: [["unit/http/transport-response.test.ts", "is not followed, so that no other server gets the request"]],
    contract: "The error names no host: no error contains a part of a URL.",
  },
  23: {
    fault: "clocks that jump, and tokens with an invalid lifetime",
    here: ["tokens"],
    elsewhere: [
      ["unit/session/session-expiry.test.ts", "signs in once for 100 calls, even if its life is"],
      ["unit/session/session-expiry.test.ts", "renews it when it is refused after the clock was set back"],
    ],
  },
  24: {
    fault: "deploys of all types with hundreds of messages in flight, and during a call that hangs anywhere",
    here: ["deploys"],
    elsewhere: [
      ["runtime/action-node-deploys.test.ts", "cancels a message that arrives while the node closes"],
      ["runtime/action-node-deploys.test.ts", "leaves no message pending and no socket open"],
      ["runtime/omada-deploys.test.ts", "cancels a list that omada-query has fetched in part"],
    ],
    never: "no logout delays the close: by the contract, the session is kept for the next start",
  },
  25: { fault: "a config node is edited or removed while a thousand messages wait", here: ["deploys"] },
  26: {
    fault: "a burst of twenty thousand messages",
    here: ["limits"],
    elsewhere: [
      ["runtime/rate-limit.test.ts"],
      ["nodes/action-node.test.ts", "and fail at once with `busy` beyond its limit"],
    ],
    contract: "`timeout` covers one attempt, not the time in the queue.",
  },
  27: {
    fault: "one of several platforms is dead",
    here: ["network"],
    elsewhere: [
      ["runtime/config-nodes-isolation.test.ts", "have separate queues: one that hangs does not block the other"],
    ],
  },
  28: {
    fault: "a long list whose pages fail, move, repeat or contradict each other",
    here: ["lists"],
    elsewhere: [
      ["unit/omada/pagination.test.ts", "is read to its end although the controller reports a total of"],
      ["unit/omada/pagination.test.ts", "fails when the controller sends the same page forever"],
      ["unit/omada/pagination.test.ts", "returns a row once that moves to a later page meanwhile"],
      ["nodes/omada-query-output.test.ts", "of a list whose page fails in the middle"],
    ],
    contract: "The error contains no continuation token: a message may ask for the next page.",
    never: "neither Kasa's cloud nor a router has paged lists",
  },
  29: {
    fault: "refusals inside a success",
    here: ["answers"],
    elsewhere: [
      ["unit/kasa/error-codes.test.ts", "An error code of Kasa's cloud"],
      ["unit/omada/responses.test.ts", "with an unknown number is rejected with the controller's message"],
      ["nodes/peplink-errors.test.ts", "A Peplink node"],
      ["nodes/kasa-sign-in-refusal.test.ts", "is detected in the result of a success"],
    ],
  },
  30: {
    fault: "messages with arbitrary content",
    elsewhere: [
      ["system/fuzz.test.ts", "A message with arbitrary content"],
      ["nodes/omada-query-errors.test.ts", 'fails with "input", without a request'],
      ["nodes/router-status.test.ts", "refuses an invalid name of an endpoint"],
      ["nodes/action-node-errors.test.ts", "because it is frozen causes no request"],
    ],
  },
  31: {
    fault: "responses with malicious keys, deep or wide ones, or with unusual numbers",
    here: ["answers"],
    elsewhere: [
      ["unit/http/response.test.ts", "loses a key"],
      ["system/fuzz.test.ts", "A platform with arbitrary responses"],
    ],
    contract: "An id beyond 2^53 that comes as a number is parsed as JavaScript does; all platforms send text.",
  },
  32: {
    fault: "names with HTML, escapes and line breaks",
    here: ["names"],
    elsewhere: [["repo/dialogs.test.ts", "as HTML"]],
  },
  33: { fault: "secrets in anything that others can read", elsewhere: [["system/secrets.test.ts"]] },
  34: { fault: "admin routes without permission", elsewhere: [["runtime/admin-permissions.test.ts"]] },
  35: {
    fault: "a blocked event loop, or a process without free file descriptors",
    here: ["environment"],
    elsewhere: [["unit/http/transport.test.ts", "accepts a timeout that is longer than the timers of Node support"]],
    never: "no circuit breaker opens because of a blocked event loop: the contract has none",
  },
  36: { fault: "load, faults and deploys for a long time", elsewhere: [["system/soak.test.ts"]] },
  37: {
    fault: "another service at the port, and IPv6 only",
    here: ["environment", "tls", "names"],
    never: "no proxy can die: the contract has none, and variables that name one are not read",
  },
  38: { fault: "random responses and messages", elsewhere: [["system/fuzz.test.ts"]] },
};

const TESTS = resolve("test");

describe("The fault matrix", () => {
  it("has a row for each fault from 1 to 38", () => {
    assert.deepEqual(
      Object.keys(ROWS).map(Number),
      Array.from({ length: 38 }, (_, index) => index + 1),
    );
  });

  for (const [row, { fault, here = [], elsewhere = [], contract, never }] of Object.entries(ROWS)) {
    it(`tests row ${row}: ${fault}${contract ? `. By the contract: ${contract}` : ""}`, () => {
      assert.ok(here.length + elsewhere.length > 0);
      for (const file of here)
        assert.ok(hasRow(text(`system/matrix/${file}.test.ts`), row), `${file} does not test it`);
      for (const [file, title = ""] of elsewhere) {
        assert.ok(text(file).includes(title), `${file} has no "${title}"`);
      }
    });
    // Pending on purpose: there is nothing to test, and this says why.
    if (never) it(`tests row ${row} except for what cannot happen: ${never}`);
  }
});

// The number of a row is in a title, or in the first column of a table that titles are made of.
const hasRow = (tests: string, row: string): boolean =>
  new RegExp(`[\`"]row ${row}: `).test(tests) || (tests.includes("row ${row}: ") && tests.includes(`[${row}, "`));

const text = (file: string): string => readFileSync(join(TESTS, file), "utf8");
