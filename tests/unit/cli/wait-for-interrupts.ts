/** Run by `processes.test.ts`: work that never ends by itself and ignores the first interrupt. */
import { watchInterrupts } from "../../../core/cli/interrupt.ts";
import { createOutput } from "../../../core/cli/output.ts";

const { stdout, stderr, env } = process;
watchInterrupts(createOutput({ stdout, stderr, env, exit: (code) => process.exit(code) }), "finishing the batch…");
stdout.write("waiting\n");
setInterval(() => undefined, 1000);
