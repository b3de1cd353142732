import { findNodeAtLocation, type JSONPath, parseTree, printParseErrorCode, visit } from "jsonc-parser";
import { KdflowError, type SourcePlace } from "../../../core/index.ts";
import { placeInText } from "./text-place.ts";

/** Texts above this are not read a second time to find the line of a wrong value; the path is told alone. */
const longestLocated = 2 ** 26;

/**
 * Parses JSON.
 *
 * @throws KDF_INPUT_FORMAT at the line where the text stops being JSON
 */
export function parseJson(file: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch {
    let offset = text.length;
    let reason = "";
    const note = (error: number, at: number): void => {
      if (reason !== "") return;
      offset = at;
      reason = printParseErrorCode(error);
    };
    visit(text, { onError: note }, { disallowComments: true, allowTrailingComma: false });
    const words = reason === "" ? "" : `: ${reason.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase()}`;
    throw new KdflowError("KDF_INPUT_FORMAT", `"${file}" is not valid JSON${words}`, {
      where: placeInText(file, text, offset),
      hint: offset >= text.trimEnd().length ? "the file seems to be cut off; fetch it again" : [],
    });
  }
}

/** The place of a value in JSON that parses; `undefined` where the text is very long or the value is not there. */
export function placeInJson(file: string, text: string, path: JSONPath): SourcePlace | undefined {
  if (text.length > longestLocated) return undefined;
  const tree = parseTree(text);
  if (tree === undefined) return undefined;
  // a missing key is told at the object that lacks it
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(tree, path.slice(0, length));
    if (node !== undefined) return placeInText(file, text, node.offset, node.length);
  }
  return undefined;
}
