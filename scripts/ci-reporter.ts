/**
 * A vitest reporter for automation: failures with their first lines, those too that passed when tried again, why tests were skipped, and as the very last line
 * `N passed, N failed, N skipped`. A file that does not even load, a hook that
 * throws, and an error outside every test count as failed.
 */
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from "vitest/node";

type Errors = readonly Pick<SerializedError, "message" | "stack">[];

/** Lines of an error that are printed, without those inside of packages. */
const errorLines = 25;

export default class CiReporter implements Reporter {
  onTestModuleEnd(module: TestModule): void {
    const { duration } = module.diagnostic();
    console.log(`${module.ok() ? "ok" : "FAILED"} ${module.relativeModuleId} (${Math.round(duration)} ms)`);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const failed = tests.filter((test) => test.result().state === "failed");
    const groups = modules.flatMap((module) => [...module.children.allSuites()]);
    const broken = [...modules, ...groups].filter((part) => part.errors().length > 0);
    for (const test of tests.filter((test) => test.diagnostic()?.flaky === true))
      printFailure(`at first: ${test.module.relativeModuleId} > ${test.fullName}`, errorsOf(test));
    for (const test of failed) printFailure(`${test.module.relativeModuleId} > ${test.fullName}`, errorsOf(test));
    for (const part of broken) printFailure(nameOf(part), part.errors());
    if (unhandled.length > 0) printFailure("outside every test", unhandled);
    const skipped = tests.filter((test) => test.result().state === "skipped");
    for (const line of skipLines(skipped)) console.log(line);
    const passed = tests.filter((test) => test.result().state === "passed");
    const failures = failed.length + broken.length + unhandled.length;
    console.log(`${passed.length} passed, ${failures} failed, ${skipped.length} skipped`);
  }
}

function errorsOf(test: TestCase): Errors {
  return test.result().errors ?? [];
}

function nameOf(part: TestModule | TestSuite): string {
  return part.type === "module" ? part.relativeModuleId : `${part.module.relativeModuleId} > ${part.fullName}`;
}

function printFailure(title: string, errors: Errors): void {
  console.log(`failed: ${title}`);
  for (const error of errors) {
    const lines = (error.stack ?? error.message).split("\n").filter((line) => !line.includes("node_modules"));
    for (const line of lines.slice(0, errorLines)) console.log(`  ${line}`);
  }
}

/** Why tests were skipped: the note given to `context.skip`, else the name of the group or test, which states it. */
function skipReason(test: TestCase): string {
  const result = test.result();
  const note = result.state === "skipped" ? result.note : undefined;
  if (note !== undefined && note !== "") return note;
  return test.parent.type === "suite" ? test.parent.fullName : test.fullName;
}

/** One line for each reason and file, with how many tests it kept from running. */
function skipLines(skipped: readonly TestCase[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const test of skipped) {
    const line = `${test.module.relativeModuleId}: ${skipReason(test)}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `skipped ${count}: ${line}`);
}
