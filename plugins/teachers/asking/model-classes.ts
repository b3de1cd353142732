import { resolve } from "node:path";
import { KdflowError, readClassFile } from "../../../core/index.ts";

/** Whose classes are asked for, and what is known of them. */
export interface ClassesRequest {
  /** What messages call the model. */
  readonly model: string;
  /** Classes of the model, where its file says so. */
  readonly count: number | undefined;
  /** The option `classes`: a file. */
  readonly file: string | undefined;
  readonly baseDir: string;
  /** Names that stand with the model itself. */
  readonly own?: readonly string[] | undefined;
  /** Names of the data's classes. */
  readonly data: readonly string[] | undefined;
}

export interface ModelClasses {
  readonly names: readonly string[];
  readonly from: "file" | "model" | "data";
}

/**
 * The names of a model's classes: those of the file, else its own, else the data's where there are as many.
 *
 * @returns `undefined` where nothing names them
 * @throws KDF_INPUT_CLASSES, KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT
 */
export async function modelClasses(request: ClassesRequest): Promise<ModelClasses | undefined> {
  const { model, count, file, baseDir, own, data } = request;
  if (file !== undefined) {
    const path = resolve(baseDir, file);
    const names = await readClassFile(path);
    if (count !== undefined && names.length !== count) {
      throw new KdflowError(
        "KDF_INPUT_CLASSES",
        `"${path}" names ${names.length} classes, and "${model}" has ${count}`,
        {
          hint: "`classes` names every output of the model, in its order: one name per line, or a JSON array",
        },
      );
    }
    return { names, from: "file" };
  }
  if (own !== undefined && (count === undefined || own.length === count)) return { names: own, from: "model" };
  // data without labels has no classes to share
  if (data === undefined || data.length === 0) return undefined;
  if (count === undefined || count === data.length) return { names: data, from: "data" };
  throw new KdflowError("KDF_INPUT_CLASSES", `"${model}" has ${count} classes, and the data has ${data.length}`, {
    hint: [
      "name the model's classes: `classes: names.txt`, one name per line in the order of its outputs",
      "those that the data has are then found by name, and the others are masked out",
    ],
  });
}
