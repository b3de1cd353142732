import type { ModelDescription } from "../../../core/index.ts";
import { nmsDefaults } from "../../tasks/detection/nms.ts";
import type { Licences } from "../documents/model-facts.ts";
import { inputName, type Layout } from "./write-graph.ts";

export interface MetadataRequest {
  readonly description: ModelDescription;
  /** SHA-256 of the trained model. */
  readonly digest: string;
  readonly layout: Layout;
  readonly boxes: "raw" | "decoded" | "nms" | undefined;
  /** Whether the file takes photos of any size. */
  readonly isPhoto: boolean;
  readonly licences: Licences;
}

/**
 * What a reader of the file needs to know and cannot see from its graph, as texts by key; all but `task`, `boxes` and
 * `modelDigest` are JSON.
 */
export function fileMetadata(request: MetadataRequest): Record<string, string> {
  const { description, digest, layout, boxes, isPhoto, licences } = request;
  const { task, classNames, imageSize, outputs, best } = description;
  const { height, width, channels, fit } = imageSize;
  const input = {
    name: inputName,
    type: "uint8",
    layout,
    ...(isPhoto
      ? { height: "any", width: "any", channels: 3, order: "RGB", fittedTo: { height, width, channels } }
      : { height, width, channels, order: channels === 3 ? "RGB" : "as trained" }),
    pixels: "0…255",
    normalization: "inside the graph",
  };
  const json = {
    classNames,
    input,
    outputs,
    ...(fit === undefined ? {} : { fit }),
    ...(best === undefined ? {} : { best }),
    ...(Object.keys(licences).length === 0 ? {} : { licences }),
  };
  return {
    task,
    modelDigest: digest,
    ...(boxes === undefined ? {} : { boxes }),
    ...(boxes === "nms" ? { suppression: JSON.stringify(nmsDefaults) } : {}),
    ...Object.fromEntries(Object.entries(json).map(([key, value]) => [key, JSON.stringify(value)])),
  };
}
