/** One image through a graph model on the native backend; arguments are folder, the model's folder, threads. A process of the bench. */
import { openGraphModel } from "../../../plugins/exporters/graph-model/open-graph-model.ts";
import { loadBackend } from "../step/components.ts";
import { readBatches, readSetup } from "../step/step-files.ts";
import { serveAnswers } from "./serve-answers.ts";

const [folder = "", model = "", threads] = process.argv.slice(2);
const { tf } = await loadBackend("tensorflow", { threads: Number(threads) });
const setup = await readSetup(folder);
const [batch] = await readBatches(folder, setup);
const size = { height: setup.side, width: setup.side, channels: 3 };
const opened = await openGraphModel(model, size, ["logits"], { tf });
await serveAnswers(async () => {
  const { logits = new Float32Array() } = await opened.answer(batch?.pixels ?? new Uint8Array(), 1);
  return logits;
});
