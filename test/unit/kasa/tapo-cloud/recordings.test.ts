import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { InvalidTokenError, PlatformError } from "../../../../src/core/errors";
import { parseThingResponse } from "../../../../src/kasa/transports/tapo-cloud/errors";
import { rejectsWith } from "../../../support/http-fixture";
import { setUp } from "./fixture";

// What the cloud has answered to others. It is read from there, and never copied into this repository.
const RECORDINGS = resolve("../shared/fixtures/tapo-cloud");

interface RecordedError {
  when: string;
  status?: number;
  text?: string;
  json?: object;
}

const read = (file: string): never =>
  (JSON.parse(readFileSync(join(RECORDINGS, `${file}.json`), "utf8")) as { body: never }).body;

/** What each recorded refusal means, in the order of the file. */
const MEANINGS = ["forbidden", "forbidden", "token", "offline", "busy", "offline", "rejected"];

(existsSync(RECORDINGS) ? describe : describe.skip)("What TP-Link's second cloud has refused to others", () => {
  it("is understood, whatever its spelling", () => {
    const errors: RecordedError[] = read("v1-errors");

    const meanings = errors.map(({ status = 200, text, json }) => {
      try {
        parseThingResponse({ statusCode: status, headers: {}, text: text ?? JSON.stringify(json) }, "read", []);
        return "success";
      } catch (error) {
        if (error instanceof InvalidTokenError) return "token";
        return error instanceof PlatformError ? error.code : error;
      }
    });

    assert.deepEqual(meanings, MEANINGS);
  });

  for (const form of ["objectForm", "stringForm"] as const) {
    it(`is no offline device where a shadow cannot be had, in the ${form}`, async () => {
      const { client, cloud } = await setUp();
      const forms: Record<typeof form, object> = read("v1-shadows-one-failed");
      await client.devices();
      const when = ({ path }: { path: string }): boolean => path === "/v1/things/shadows";
      cloud.server.injectFault({ kind: "response", body: forms[form] }, { times: 9, when });

      const error = await rejectsWith(client.control.state("Stairs", "", {}), "timeout");

      assert.equal(error.retryable, true);
    });
  }
});
