import { allowedHint, KdflowError } from "../../../core/index.ts";
import type { TeacherOnnxOptions } from "../../options.ts";
import type { Layout } from "../asking/model-input.ts";
import type { OnnxFile } from "./onnx-file.ts";

/** An inner tensor of a graph that is given out as features. */
export interface OnnxTap {
  readonly tensor: string;
  /** Order of its axes where it has four. */
  readonly layout: Layout;
}

/**
 * Finds the tensors that the option `taps` names, by tap: tensors by their own name, else nodes, whose first output counts.
 *
 * @throws KDF_PLAN_OPTIONS at the tap that names nothing
 */
export function findTaps(
  file: OnnxFile,
  path: string,
  taps: TeacherOnnxOptions["taps"] = {},
): Readonly<Record<string, OnnxTap>> {
  const found = Object.entries(taps).map(([name, wanted]) => {
    // convolutions of ONNX are channels first, whatever the graph's input is
    const { tensor, layout = "nchw" } = typeof wanted === "string" ? { tensor: wanted } : wanted;
    const named = file.tensors.has(tensor) ? tensor : file.nodes.get(tensor);
    if (named === undefined) throw noTensor(file, path, name, tensor);
    return [name, { tensor: named, layout }] as const;
  });
  return Object.fromEntries(found);
}

function noTensor({ tensors, nodes }: OnnxFile, path: string, name: string, wanted: string): KdflowError {
  const names = [...new Set([...tensors, ...nodes.keys()])];
  return new KdflowError("KDF_PLAN_OPTIONS", `the tap "${name}" names "${wanted}", which "${path}" does not have`, {
    hint: allowedHint(wanted, names, "tensors and nodes of the graph"),
    option: tapOption(name),
  });
}

/** Where the options name a tap, as JSON pointer. */
export function tapOption(name: string): string {
  return `/taps/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
