/** Labels images with an ONNX teacher through a pipeline, as a user would; run by the bench in a process of its own. */
import { openSession } from "../../../core/run/session.ts";
import { builtins } from "../../../plugins/index.ts";

const [file = "", storeDir = ""] = process.argv.slice(2);

const session = await openSession({
  file,
  storeDir,
  builtins: [builtins],
  observe: (hooks) => {
    hooks.stageEnd.for("softLabels").tapPromise("bench", async ({ durationMs }) => {
      process.stdout.write(`${JSON.stringify({ seconds: (durationMs ?? Number.NaN) / 1000 })}\n`);
    });
  },
});
const outcome = await session.run();
if (outcome.error !== undefined) {
  process.stderr.write(`${outcome.error instanceof Error ? outcome.error.message : outcome.error}\n`);
  process.exitCode = 1;
}
