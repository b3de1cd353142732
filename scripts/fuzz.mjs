/**
 * Reads broken copies of small files and tells what came of them:
 * `npm run fuzz -- [--format onnx] [--mutations 2000] [--seed 1]`. Ends with 1 where a file was neither read nor refused.
 */
import { parseArgs } from "node:util";
import "./run-typescript.mjs";

const { values } = parseArgs({
  options: { format: { type: "string" }, mutations: { type: "string" }, seed: { type: "string" } },
});
const { formats } = await import("../tests/fuzz/formats.ts");
const { fuzz } = await import("../tests/fuzz/fuzz.ts");
const known = Object.keys(formats);
if (values.format !== undefined && !known.includes(values.format)) {
  console.error(`--format is one of ${known.join(", ")}`);
  process.exit(2);
}
for (const format of values.format === undefined ? known : [values.format]) {
  const { counts, findings } = await fuzz(format, Number(values.mutations ?? 2000), Number(values.seed ?? 1));
  console.log(format, JSON.stringify(counts));
  for (const { number, outcome, problem } of findings) console.log(`  mutation ${number} ${outcome}: ${problem}`);
  if (findings.length > 0) process.exitCode = 1;
}
process.exit();
