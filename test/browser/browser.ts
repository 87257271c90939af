import type { Browser } from "playwright-core";
import { cleanUpAfterAll } from "../support/mocha-hooks";
import { launch } from "./editor-page";

export { Editor, TIMEOUT_MS, CONFIG_NODE_DEFAULTS } from "./editor-page";

let shared: Promise<Browser | undefined> | undefined;

/** The browser that all tests share; skips the test if there is none. */
export async function launchBrowser(test: Mocha.Context): Promise<Browser> {
  shared ??= launch();
  return (await shared) ?? test.skip();
}

cleanUpAfterAll(async () => {
  await (await shared)?.close();
});
