import { dirname, isAbsolute, join, resolve } from "node:path";
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from "yaml";
import { KdflowError } from "../../../core/index.ts";
import { placeInText } from "./text-place.ts";

/** What YOLO's `data.yaml` says. Its download script is never run. */
export interface YoloData {
  readonly names: readonly string[];
  /** Folders of photos, or `.txt` lists of them, each with the places where it may lie, likeliest first. */
  readonly splits: Readonly<Partial<Record<"train" | "val" | "test", readonly (readonly string[])[]>>>;
}

/**
 * Reads `data.yaml`: `names` as a list or as a map from numbers, `nc`, `path`, and `train`, `val`, `test`, each a path
 * or a list of paths.
 *
 * @param file absolute path; what is relative starts at `path`, and that at the file's folder
 * @throws KDF_INPUT_FORMAT where it is no such file, KDF_INPUT_CLASSES where names and `nc` do not fit; with the line
 */
export function parseYoloData(file: string, text: string): YoloData {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" is not valid YAML: ${problem.message.split("\n")[0]}`, {
      where: placeInText(file, text, problem.pos[0]),
      cause: problem,
    });
  }
  const fail = (code: "KDF_INPUT_FORMAT" | "KDF_INPUT_CLASSES", message: string, node?: unknown): never => {
    const offset = (node as Node | undefined)?.range?.[0];
    throw new KdflowError(code, message, { where: offset === undefined ? undefined : placeInText(file, text, offset) });
  };
  const names = namesOf(document.get("names", true), file, fail);
  const count = document.get("nc");
  if (typeof count === "number" && count !== names.length) {
    fail("KDF_INPUT_CLASSES", `\`nc\` is ${count}, but \`names\` has ${names.length}`, document.get("nc", true));
  }
  const path = document.get("path");
  const folder = dirname(file);
  const root = typeof path === "string" ? resolve(folder, path) : folder;
  const splits: Partial<Record<"train" | "val" | "test", string[][]>> = {};
  for (const split of ["train", "val", "test"] as const) {
    const node = document.get(split, true);
    const value: unknown = isSeq(node) ? node.toJSON() : document.get(split);
    if (value === undefined || value === null || value === "") continue;
    const entries: unknown[] = Array.isArray(value) ? value : [value];
    splits[split] = entries.map((entry) =>
      typeof entry === "string"
        ? placesOf(entry, root, folder)
        : fail("KDF_INPUT_FORMAT", `\`${split}\` must be a path or a list of paths`, node),
    );
  }
  return { names, splits };
}

type Fail = (code: "KDF_INPUT_FORMAT" | "KDF_INPUT_CLASSES", message: string, node?: unknown) => never;

function namesOf(node: unknown, file: string, fail: Fail): string[] {
  if (isSeq(node))
    return node.items.map((item) =>
      isScalar(item) ? String(item.value) : fail("KDF_INPUT_FORMAT", "a name must be text", item),
    );
  if (!isMap(node)) return fail("KDF_INPUT_FORMAT", `"${file}" has no \`names\``, node);
  const names: string[] = [];
  for (const { key, value } of node.items) {
    const id = Number(isScalar(key) ? key.value : Number.NaN);
    if (!Number.isInteger(id) || id < 0) fail("KDF_INPUT_FORMAT", "a key of `names` must be a class number", key);
    names[id] = isScalar(value) ? String(value.value) : fail("KDF_INPUT_FORMAT", "a name must be text", key);
  }
  for (let id = 0; id < names.length; id++) {
    if (names[id] === undefined)
      fail("KDF_INPUT_CLASSES", `\`names\` has no class ${id}, but goes up to ${names.length - 1}`, node);
  }
  return names;
}

/** Downloads often say `../train/images` for a folder that lies beside the file, or a `path` of another machine. */
function placesOf(entry: string, root: string, folder: string): string[] {
  if (isAbsolute(entry)) return [entry];
  const inside = entry.replace(/^(\.\.\/)+/, "");
  return [...new Set([join(root, entry), join(folder, entry), join(folder, inside)])];
}

/**
 * Where the labels of a photo may lie, likeliest first: in `labels` for the last `images` of its path, or beside it.
 */
export function yoloLabelPlaces(photo: string): readonly string[] {
  const text = photo.replace(/\.[^./\\]+$/, ".txt");
  const mirrored = text.replace(/^(.*[\\/])images([\\/])/, "$1labels$2");
  return [...new Set([mirrored, text])];
}
