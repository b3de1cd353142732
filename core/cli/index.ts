#!/usr/bin/env node
import { keepCompiledCode } from "./compile-cache.ts";
import { watchOutput } from "./lost-output.ts";

/** How long handles that a library left open may hold the process after the command's end. */
const lingerMs = 2000;

const lost = watchOutput([process.stdout, process.stderr], process.stderr, (code) => process.exit(code));

// Node ends quietly when only promises are left that nothing can settle; until the command is over, that is a failure.
process.exitCode = 70;
process.on("exit", reportEarlyEnd);

function reportEarlyEnd(code: number): void {
  if (code !== 70) return;
  process.stderr.write(
    "KDF_INTERNAL: the process had nothing left to do before its command ended: a promise never settles\n" +
      "  a provider of a plugin may be the cause, if the pipeline loads plugins; else report it with the pipeline file\n",
  );
}

await keepCompiledCode();
const [{ runCommandLine }, { createOutput }] = await Promise.all([import("./main.ts"), import("./output.ts")]);

const output = createOutput({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  exit: (code) => process.exit(code),
});

// `runCommandLine` never rejects, and the event loop has to go on while it works.
void runCommandLine(process.argv.slice(2), output).then((code) => {
  process.off("exit", reportEarlyEnd);
  process.exitCode = lost.exitCode ?? code;
  setTimeout(() => process.exit(), lingerMs).unref();
});
