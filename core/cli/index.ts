#!/usr/bin/env node

/** How long handles that a library left open may hold the process after the command's end. */
const lingerMs = 2000;

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

/** Code that cannot be read is told in words that need no more of it. */
function failForFiles(error: unknown): never {
  if (!["EMFILE", "ENFILE"].includes(String((error as NodeJS.ErrnoException).code))) throw error;
  process.off("exit", reportEarlyEnd);
  process.stderr.write(
    "KDF_CLI_OPEN_FILES: the process may not open more files at once\n" +
      "  allow more, such as `ulimit -n 1024`, and start the command again\n",
  );
  process.exit(1);
}

// Nothing is imported before the handlers above stand, and one after the other: each file that is read takes a descriptor.
try {
  const { watchOutput } = await import("./lost-output.ts");
  const lost = watchOutput([process.stdout, process.stderr], process.stderr, (code) => process.exit(code));
  await (await import("./compile-cache.ts")).keepCompiledCode();
  const [{ runCommandLine }, { createOutput }] = await Promise.all([import("./main.ts"), import("./output.ts")]);
  const { stdout, stderr, env } = process;
  const output = createOutput({ stdout, stderr, env, exit: (code) => process.exit(code) });
  // The event loop has to go on while it works.
  void runCommandLine(process.argv.slice(2), output).then((code) => {
    process.off("exit", reportEarlyEnd);
    process.exitCode = lost.exitCode ?? code;
    setTimeout(() => process.exit(), lingerMs).unref();
  }, failForFiles);
} catch (error) {
  failForFiles(error);
}

export {};
