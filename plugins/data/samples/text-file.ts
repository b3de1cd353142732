import { isUtf8 } from "node:buffer";
import { readFile } from "node:fs/promises";
import { KdflowError } from "../../../core/index.ts";

/**
 * The text of a file in UTF-8, or in UTF-16 with its byte order mark, without the mark.
 *
 * @param hint where the path comes from, for a file that is not there
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT naming the first line in another encoding
 */
export async function readTextFile(file: string, hint: string): Promise<string> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${file}" cannot be opened`, { cause, hint });
  });
  return decodeText(file, bytes);
}

/** As {@link readTextFile}, of bytes that were read. */
export function decodeText(file: string, bytes: Uint8Array): string {
  const mark = Buffer.from(bytes.subarray(0, 2)).toString("hex");
  const encoding = mark === "fffe" ? "utf-16le" : mark === "feff" ? "utf-16be" : "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return text;
    throw wrongEncoding(file, lineOf(text.indexOf("\0"), text), "UTF-16 without a byte order mark, or no text");
  } catch (error) {
    if (error instanceof KdflowError) throw error;
    throw wrongEncoding(file, firstBadLine(bytes), `not ${encoding === "utf-8" ? "UTF-8" : "UTF-16"}, maybe Latin-1`);
  }
}

function wrongEncoding(file: string, line: number, what: string): KdflowError {
  return new KdflowError("KDF_INPUT_FORMAT", `line ${line} of "${file}" is ${what}`, { hint: "save it as UTF-8" });
}

function firstBadLine(bytes: Uint8Array): number {
  const lines = Buffer.from(bytes).toString("latin1").split("\n");
  return Math.max(1, lines.findIndex((line) => !isUtf8(Buffer.from(line, "latin1"))) + 1);
}

function lineOf(at: number, text: string): number {
  return text.slice(0, at).split("\n").length;
}
