import type { ModelDescription } from "../../../core/index.ts";
import { inputName, type Layout } from "./write-graph.ts";

export interface MetadataRequest {
  readonly description: ModelDescription;
  /** SHA-256 of the trained model. */
  readonly digest: string;
  readonly layout: Layout;
  readonly boxes: "raw" | "decoded" | undefined;
}

/**
 * What a reader of the file needs to know and cannot see from its graph, as texts by key; all but `task`, `boxes` and
 * `modelDigest` are JSON.
 */
export function fileMetadata({ description, digest, layout, boxes }: MetadataRequest): Record<string, string> {
  const { task, classNames, imageSize, outputs, best } = description;
  const { height, width, channels, fit } = imageSize;
  const input = {
    name: inputName,
    type: "uint8",
    layout,
    height,
    width,
    channels,
    order: channels === 3 ? "RGB" : "as trained",
    pixels: "0…255",
    normalization: "inside the graph",
  };
  const json = {
    classNames,
    input,
    outputs,
    ...(fit === undefined ? {} : { fit }),
    ...(best === undefined ? {} : { best }),
  };
  return {
    task,
    modelDigest: digest,
    ...(boxes === undefined ? {} : { boxes }),
    ...Object.fromEntries(Object.entries(json).map(([key, value]) => [key, JSON.stringify(value)])),
  };
}
