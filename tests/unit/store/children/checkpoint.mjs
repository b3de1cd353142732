// Saves one checkpoint after another and says so; killed from outside.
import { dirname, join } from "node:path";

const [, , entry, root] = process.argv;
const { openStore } = await import(entry);
const { openCheckpoints } = await import(join(dirname(entry), "checkpoints.js"));
const checkpoints = openCheckpoints(await openStore(root), "train-1");
for (let epoch = 1; ; epoch++) {
  const weights = new Uint8Array(200_000).fill(epoch);
  await checkpoints.save({ "weights.bin": weights, "state.json": JSON.stringify({ epoch }) });
  process.stdout.write(`${epoch}\n`);
}
