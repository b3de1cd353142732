/** One image through an ONNX file in `onnxruntime-node`; arguments are folder, file and threads. A process of the bench. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { onnxRuntime } from "../../../plugins/teachers/onnx/onnx-runtime.ts";
import { readBatches, readSetup } from "../step/step-files.ts";
import { serveAnswers } from "./serve-answers.ts";

const [folder = "", file = "", threads] = process.argv.slice(2);
const { folder: installed } = await onnxRuntime();
const { InferenceSession, Tensor } = createRequire(join(installed, "package.json"))(installed);
const session = await InferenceSession.create(file, { intraOpNumThreads: Number(threads) });
const setup = await readSetup(folder);
const [batch] = await readBatches(folder, setup);
const { side } = setup;
// colours one after the other, as both files take them
const pixels = Uint8Array.from({ length: 3 * side * side }, (_, at) => {
  return batch?.pixels[(at % (side * side)) * 3 + Math.floor(at / (side * side))] ?? 0;
});
const input = new Tensor("uint8", pixels, [1, 3, side, side]);
await serveAnswers(async () => {
  const answers = await session.run({ [session.inputNames[0]]: input });
  return answers[session.outputNames[0]].data;
});
