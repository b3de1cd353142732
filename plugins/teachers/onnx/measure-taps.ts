import { KdflowError, type Outputs, type StageContext } from "../../../core/index.ts";
import { shapeText } from "../asking/model-input.ts";
import type { OnnxSession } from "./onnx-session.ts";
import { tapOption } from "./onnx-taps.ts";
import type { OnnxPlan } from "./onnx-teacher.ts";

/** Images that show the shape of features; two tell the batch's axis from a size of 1. */
const images = 2;

/**
 * Asks a loaded model once for all taps and says what each gives.
 *
 * @returns the taps by name; `undefined` without any
 * @throws KDF_TEACHER_SHAPE where a tensor has no row for each image, KDF_TEACHER_RUNTIME
 */
export async function measureTaps(
  session: OnnxSession,
  { path, input, reading, taps }: OnnxPlan,
  { log }: Pick<StageContext, "log">,
): Promise<Outputs | undefined> {
  const wanted = Object.entries(taps);
  if (wanted.length === 0) return undefined;
  const { height, width, channels } = input.size;
  const pixels = new Uint8Array(images * height * width * channels);
  const asked = wanted.map(([, tap]) => tap);
  const { features } = await session.label(pixels, images, reading, asked);
  const measured = wanted.map(([name, { tensor }], place) => {
    const [count, ...shape] = features[place]?.shape ?? [];
    if (count !== images || shape.length === 0) {
      const got = shapeText(features[place]?.shape ?? []);
      throw new KdflowError("KDF_TEACHER_SHAPE", `the tap "${name}", "${tensor}" of "${path}", is ${got}`, {
        hint: `for ${images} images features are [${images}, …]: name a tensor whose first axis is the batch`,
        option: tapOption(name),
      });
    }
    const what = shape.length === 3 ? `feature maps of ${shape.join("×")}` : `features of ${shape.join("×")}`;
    log.info("teacherTap", { message: `the tap ${name} ("${tensor}") gives ${what}`, tap: name, tensor, shape });
    return [name, { kind: "features", ...asked[place], shape, ...strideOf(shape, input.size) }] as const;
  });
  return Object.fromEntries(measured);
}

/** Image pixels per cell of a feature map. */
function strideOf(shape: readonly number[], { height }: OnnxPlan["input"]["size"]): { readonly stride?: number } {
  const [rows] = shape;
  return shape.length === 3 && rows ? { stride: Math.round(height / rows) } : {};
}
