import { SaxesParser } from "saxes";
import { KdflowError } from "../../../core/index.ts";
import { placeOfLine } from "./text-place.ts";

/**
 * What corners in the file mean. `pixels`, VOC's own: numbers of the first and last pixel within the box, counted from
 * 1, so that a box of one pixel has xmin = xmax. `edges`: the box's edges, counted from 0, as many labelling tools
 * write them in the same form.
 */
export type VocCorners = "pixels" | "edges";

export interface VocObject {
  readonly name: string;
  readonly corners: readonly [left: number, top: number, right: number, bottom: number];
  readonly difficult: boolean;
  /** Line on which the object begins, from 1. */
  readonly line: number;
}

export interface VocAnnotation {
  /** Empty where the file does not say it. */
  readonly fileName: string;
  /** `undefined` where the file does not say it, or says 0. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly objects: readonly VocObject[];
}

/** The text of a tag and the line where it begins. */
interface TagText {
  text: string;
  line: number;
}

interface OpenObject {
  readonly line: number;
  /** By path below the object, such as `bndbox/xmin`; the first of each counts. */
  readonly tags: Map<string, TagText>;
}

const sides = ["xmin", "ymin", "xmax", "ymax"] as const;

/**
 * Reads the annotation of one photo in Pascal VOC's XML. Tags may come in any order, numbers may be decimals,
 * `difficult` may be missing (0), and boxes of an object's parts are passed over.
 *
 * @throws KDF_INPUT_FORMAT with the line, where it is not XML or a box lacks a number
 */
export function parseVocXml(file: string, text: string, corners: VocCorners = "pixels"): VocAnnotation {
  const head = new Map<string, string>();
  const objects: VocObject[] = [];
  const path: string[] = [];
  const starts: number[] = [];
  let content = "";
  let object: OpenObject | undefined;
  const parser = new SaxesParser();
  parser.on("error", (cause) => {
    const reason = cause.message.replace(/^\d+:\d+: /, "");
    throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" is not valid XML: ${reason}`, {
      where: placeOfLine(file, text, Math.min(parser.line, text.trimEnd().split("\n").length)),
      cause,
    });
  });
  parser.on("opentag", ({ name }) => {
    if (path.length === 0 && name !== "annotation") {
      throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" begins with <${name}>, not with <annotation>`, {
        where: placeOfLine(file, text, parser.line),
      });
    }
    path.push(name);
    starts.push(parser.line);
    content = "";
    if (path.length === 2 && name === "object") object = { line: parser.line, tags: new Map() };
  });
  parser.on("text", (piece) => {
    content += piece;
  });
  parser.on("closetag", () => {
    const line = starts.pop() ?? parser.line;
    const inner = path.slice(1).join("/");
    if (path.length === 2 && path[1] === "object" && object !== undefined) {
      objects.push(objectOf(file, text, object, corners));
      object = undefined;
    } else if (object !== undefined) {
      const key = inner.slice("object/".length);
      if (!object.tags.has(key)) object.tags.set(key, { text: content.trim(), line });
    } else {
      head.set(inner, content.trim());
    }
    path.pop();
    content = "";
  });
  parser.write(text.replace(/^\uFEFF/, "")).close();
  return {
    fileName: head.get("filename") ?? "",
    width: sideOf(head.get("size/width")),
    height: sideOf(head.get("size/height")),
    objects,
  };
}

function sideOf(text: string | undefined): number | undefined {
  const side = Number(text ?? "");
  return side > 0 && Number.isFinite(side) ? side : undefined;
}

function objectOf(file: string, text: string, { line, tags }: OpenObject, corners: VocCorners): VocObject {
  const fail = (message: string, at: number): never => {
    throw new KdflowError("KDF_INPUT_FORMAT", message, { where: placeOfLine(file, text, at) });
  };
  const name = tags.get("name")?.text ?? "";
  if (name === "") fail("an object has no `name`", line);
  const numbers = sides.map((side) => {
    const tag = tags.get(`bndbox/${side}`);
    if (tag === undefined) return fail(`the object "${name}" has no \`${side}\` in a \`bndbox\``, line);
    // NaN is counted later, with boxes that are no boxes
    const isNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(tag.text) || /^[+-]?(nan|inf\w*)$/i.test(tag.text);
    return isNumber ? Number(tag.text) : fail(`\`${side}\` of "${name}" is "${tag.text}", not a number`, tag.line);
  });
  const [left = 0, top = 0, right = 0, bottom = 0] = numbers;
  const shift = corners === "pixels" ? 1 : 0;
  return {
    name,
    corners: [left - shift, top - shift, right, bottom],
    difficult: ["1", "true"].includes((tags.get("difficult")?.text ?? "").toLowerCase()),
    line,
  };
}
