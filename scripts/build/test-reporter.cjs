// A mocha reporter for test.mjs: prints a line for each test file, and hands over what came of each.
const path = require("node:path");
const { EVENT_HOOK_END, EVENT_RUN_END, EVENT_TEST_FAIL, EVENT_TEST_PASS, EVENT_TEST_PENDING, EVENT_TEST_RETRY } =
  require("mocha").Runner.constants;

module.exports = class TestReporter {
  #files = new Map();
  #failures = [];
  #retries = [];

  constructor(runner) {
    runner.on(EVENT_TEST_PASS, (test) => this.#count(test, "passed"));
    runner.on(EVENT_TEST_PENDING, (test) => this.#count(test, "skipped"));
    runner.on(EVENT_TEST_FAIL, (test, error) => {
      this.#count(test, "failed");
      this.#failures.push({ file: fileOf(test), title: test.fullTitle(), error: textOf(error) });
    });
    runner.on(EVENT_TEST_RETRY, (test, error) => {
      this.#retries.push({ file: fileOf(test), title: test.fullTitle(), error: textOf(error) });
    });
    runner.on(EVENT_HOOK_END, (hook) => {
      if (fileOf(hook)) this.#of(fileOf(hook)).ms += hook.duration ?? 0;
    });
    runner.on(EVENT_RUN_END, () => {
      this.#print();
      process.send({ files: Object.fromEntries(this.#files), failures: this.#failures, retries: this.#retries });
    });
  }

  #count(test, result) {
    const file = this.#of(fileOf(test));
    file[result]++;
    file.ms += test.duration ?? 0;
  }

  // All events of a file come at once, when a worker has run it: a line can be printed when they are over.
  #of(name) {
    if (!this.#files.has(name)) {
      this.#files.set(name, { passed: 0, failed: 0, skipped: 0, ms: 0, printed: false });
      setImmediate(() => this.#print());
    }
    return this.#files.get(name);
  }

  #print() {
    for (const [name, file] of this.#files) {
      if (file.printed) continue;
      file.printed = true;
      const { passed, failed, skipped, ms } = file;
      const counts = [`${passed} passed`, failed && `${failed} failed`, skipped && `${skipped} skipped`];
      const seconds = (ms / 1000).toFixed(1).padStart(6);
      console.log(`${failed ? "✗" : "✓"} ${seconds} s  ${name}: ${counts.filter(Boolean).join(", ")}`);
    }
  }
};

function fileOf({ file, parent }) {
  return file ? path.relative(process.cwd(), file) : parent ? fileOf(parent) : "";
}

function textOf(error) {
  const { message = String(error), stack = "" } = error ?? {};
  return stack.includes(message) ? stack : `${message}\n${stack}`;
}
