#!/usr/bin/env node
import { runCommandLine } from "./main.ts";
import { createOutput } from "./output.ts";

/** Until a command has come to its end, an exit is our bug: the event loop ran dry under a promise. */
process.exitCode = 70;

// A reader that goes away (`kdflow … | head`) is not an error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

/** How long handles that a library left open may hold the process after the command's end. */
const lingerMs = 2000;

const output = createOutput({
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  exit: (code) => process.exit(code),
});

runCommandLine(process.argv.slice(2), output).then(
  (code) => {
    process.exitCode = code;
    setTimeout(() => process.exit(), lingerMs).unref();
  },
  (error: unknown) => {
    process.exitCode = 70;
    throw error;
  },
);
