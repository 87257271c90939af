import type { Browser } from "playwright-core";
import { cleanUpAfterAll } from "../support/mocha-hooks";
import { launch } from "./editor-page";

export { Editor, PATIENCE_MS, SAVED } from "./editor-page";

let running: Promise<Browser | undefined> | undefined;

/** The one browser of this test run; skips the test where there is none. */
export async function browser(test: Mocha.Context): Promise<Browser> {
  running ??= launch();
  return (await running) ?? test.skip();
}

cleanUpAfterAll(async () => {
  await (await running)?.close();
});
