import { readFile } from "node:fs/promises";
import { KdflowError } from "../../../core/index.ts";

/** What `measure.py` wrote on a board. */
export interface BoardResult {
  readonly modelDigest: string | undefined;
  readonly runtime: string;
  readonly machine: string;
  readonly system: string;
  /** 0: as many as the runtime takes. */
  readonly threads: number;
  readonly batch: number;
  readonly latencyMs: { readonly median: number; readonly p10: number; readonly p90: number };
  /** Degrees Celsius before and after, where they could be read. */
  readonly temperatureC: { readonly before: number | null; readonly after: number | null };
  /** Its name, value and number of images, where a folder was measured. */
  readonly metric: { readonly name: string; readonly value: number; readonly images: number } | undefined;
}

const form = "kdflow-board-1";

/** @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_FORMAT */
export async function readBoard(path: string): Promise<BoardResult> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const hint = "measure.py, which lies beside an exported file, writes it on the board";
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `"${path}" cannot be read`, { hint, cause });
  });
  const content = parsed(text);
  const { format, latencyMs, metric, temperatureC } = content;
  const numbers = [
    content["threads"],
    content["batch"],
    ...["median", "p10", "p90"].map((name) => field(latencyMs, name)),
  ];
  const words = ["runtime", "machine", "system"].map((name) => content[name]);
  const isWhole = numbers.every((each) => typeof each === "number") && words.every((each) => typeof each === "string");
  if (format !== form || !isWhole || !(metric === undefined || metric === null || isMetric(metric))) {
    throw new KdflowError("KDF_INPUT_FORMAT", `"${path}" is not what measure.py writes (${form})`, {
      hint: "copy result.json from the board anew, or run measure.py of this export again",
    });
  }
  const degrees = (name: string): number | null => {
    const value = field(temperatureC, name);
    return typeof value === "number" ? value : null;
  };
  const digest = content["modelDigest"];
  return {
    ...(content as unknown as BoardResult),
    modelDigest: typeof digest === "string" ? digest : undefined,
    metric: isMetric(metric) ? metric : undefined,
    temperatureC: { before: degrees("before"), after: degrees("after") },
  };
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function isMetric(value: unknown): value is NonNullable<BoardResult["metric"]> {
  return (
    typeof field(value, "name") === "string" &&
    typeof field(value, "value") === "number" &&
    typeof field(value, "images") === "number"
  );
}
