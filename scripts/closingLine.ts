// A vitest reporter: the last line of a test run is exactly "N passed, N failed, N skipped".
import type { Reporter, TestModule } from "vitest/node";

export default function closingLine(): Reporter {
  let line: string | undefined;
  return {
    onInit() {
      // On exit, not at the run's end: other reporters and vitest itself still print in between.
      process.once("exit", () => line === undefined || process.stdout.write(`\n${line}\n`));
    },
    onTestRunEnd(modules, unhandledErrors) {
      const { passed, failed, skipped } = count(modules, unhandledErrors.length);
      line = `${passed} passed, ${failed} failed, ${skipped} skipped`;
      // The exit code agrees with the line, whatever vitest thinks of an empty run.
      if (failed > 0) process.exitCode = 1;
    },
  };
}

/** Tests by outcome; a file that did not load, a hook that threw and a stray error fail as one each. */
function count(modules: readonly TestModule[], strayErrors: number) {
  const counts = { passed: 0, failed: strayErrors, skipped: 0 };
  for (const module of modules) {
    counts.failed += module.errors().length;
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      // Pending at the run's end: never ran, because the run was cut short.
      counts[state === "pending" ? "failed" : state] += 1;
    }
  }
  return counts;
}
