import { KdflowError, type Log } from "../../../core/index.ts";
import { pairOf } from "../../tasks/detection/decoders/decode-pairs.ts";
import type { DetectorOutput } from "../../tasks/detection/decoders/decoder.ts";
import { finishedBoxes } from "../../tasks/detection/decoders/recognise.ts";
import { modelClasses } from "../asking/model-classes.ts";
import { knownClasses } from "./known-classes.ts";

/** Sizes of a detector's input. */
interface InputSides {
  readonly width: number;
  readonly height: number;
}

/**
 * How many classes raw outputs tell apart, by their shapes alone; `undefined` where these are none of a known family,
 * or boxes that were chosen in the graph, which name one class each.
 *
 * @param outputs shapes with the batch first; sizes that are free are 0
 */
export function countClasses(
  outputs: readonly Pick<DetectorOutput, "name" | "shape">[],
  { width, height }: InputSides,
): number | undefined {
  const [output] = outputs;
  if (output === undefined || finishedBoxes(withoutData(outputs)) !== undefined) return undefined;
  if (outputs.length === 1) {
    const [, one = 0, other = 0] = output.shape;
    if (output.shape.length !== 3 || other === 0) return undefined;
    const cells = [8, 16, 32].reduce((sum, side) => sum + Math.ceil(width / side) * Math.ceil(height / side), 0);
    if (other === cells) return positive(one - 4);
    if (one === cells || one === 3 * cells) return positive(other - 5);
    return one > 0 && one <= 1000 ? positive(other - 4) : undefined;
  }
  if (outputs.every(({ shape }) => shape.length === 5)) return positive((output.shape[4] ?? 0) - 5);
  const pair = pairOf(withoutData(outputs));
  if (pair === undefined) return undefined;
  const columns = pair.classes.shape.at(-1) ?? 0;
  // COCO's ids up to 90 have gaps, and one column is no object
  return columns === 91 ? 80 : positive(columns);
}

function withoutData(outputs: readonly Pick<DetectorOutput, "name" | "shape">[]): DetectorOutput[] {
  return outputs.map(({ name, shape }) => ({ name, shape, data: new Float32Array() }));
}

function positive(count: number): number | undefined {
  return count > 0 ? count : undefined;
}

export interface DetectorClassesRequest {
  readonly model: string;
  readonly count: number | undefined;
  /** The option `classes`: a file. */
  readonly file: string | undefined;
  readonly baseDir: string;
  /** Names that the model's own file gives. */
  readonly own?: readonly string[] | undefined;
  readonly data: readonly string[] | undefined;
}

/**
 * Names of a detector's classes: those of the file, those that the model brings, the data's where these are as many, or
 * those of COCO and VOC by their number, which is said. A file may leave out a last column that is no object.
 *
 * @throws KDF_INPUT_CLASSES, KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT
 */
export async function detectorClasses(
  { count, data, ...request }: DetectorClassesRequest,
  log?: Pick<Log, "info">,
): Promise<readonly string[]> {
  if (request.file !== undefined) {
    const found = await modelClasses({ ...request, count: undefined, data: undefined });
    if (found !== undefined) return found.names;
  }
  const { own } = request;
  if (own !== undefined && (count === undefined || own.length === count)) return own;
  if (data !== undefined && data.length > 0 && (count === undefined || data.length === count)) {
    const message = `the ${data.length} classes of the teacher are taken to be the data's, in the same order`;
    log?.info("teacherClasses", { message });
    return data;
  }
  const known = count === undefined ? undefined : knownClasses(count);
  if (known !== undefined) {
    const message = `the ${count} classes of the teacher are taken to be ${known.of}'s; \`classes\` names others`;
    log?.info("teacherClasses", { message });
    return known.names;
  }
  throw new KdflowError("KDF_INPUT_CLASSES", `nothing names the ${count ?? ""} classes of "${request.model}"`, {
    hint: "say `classes: names.txt`, one name per line in the order of its outputs",
  });
}
