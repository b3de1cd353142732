import type { StageContext } from "../../../core/index.ts";
import { writeGraphModel } from "../graph-model/write-graph-model.ts";
import { exportedPass } from "../trace/exported-pass.ts";
import { foldAffine } from "../trace/fold-affine.ts";
import { traceModel } from "../trace/trace-model.ts";
import type { TensorflowExporting } from "./tensorflow-form.ts";

/**
 * Traces a model and writes it as a graph of TensorFlow's plain operations, which takes uint8.
 *
 * @throws KDF_EXPORT_TRACE, KDF_EXPORT_KERNEL
 */
export async function traceForTensorflow(
  given: Omit<TensorflowExporting, "pass" | "outputNames" | "written">,
  { tf }: Pick<StageContext, "tf">,
): Promise<TensorflowExporting> {
  const { form, chosen, network, purpose: provider } = given;
  const { imageSize, outputs } = chosen.description;
  const pass = exportedPass(tf, network, outputs, form);
  // padding stays an operation of its own: TensorFlow's convolutions on processors know no other
  const graph = foldAffine(await traceModel({ ...pass, tf, model: network, imageSize, batch: form.batch }));
  const written = writeGraphModel(graph, {}, { pixels: "uint8", provider });
  return { ...given, pass, outputNames: Object.keys(graph.outputs), written };
}
