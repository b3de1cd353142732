import { ConfigErrors } from "./config-errors.ts";
import { KdflowError, type SourcePlace } from "./kdflow-error.ts";
import { styled } from "./printable.ts";
import { displayPlace, sourceFrame } from "./source-frame.ts";

/** Problems of one file that are printed; the rest is counted. `toJson` has all. */
const printedProblems = 10;

/** Longer messages and hints are cut. */
const widestMessage = 1000;

/** Causes of causes that are printed. */
const printedCauses = 3;

type Paint = (text: string) => string;

interface Palette {
  readonly code: Paint;
  readonly caret: Paint;
  readonly dim: Paint;
}

const plain: Palette = { code: (text) => text, caret: (text) => text, dim: (text) => text };

function ansi(...codes: readonly number[]): Paint {
  return (text) => styled(text, codes.join(";"), "0");
}

const coloured: Palette = { code: ansi(1, 31), caret: ansi(31), dim: ansi(2) };

function placeLines(place: SourcePlace, paint: Palette): string[] {
  const frame = sourceFrame(place);
  return [`  ${displayPlace(place)}`, `  ${frame.line}`, `  ${paint.dim(frame.gutter)}${paint.caret(frame.caret)}`];
}

/** Where an error was thrown, from its stack: the first frame that is not inside Node. */
function thrownAt(error: Error): string | undefined {
  const frames = (error.stack ?? "").split("\n").filter((line) => /^\s*at /.test(line));
  return frames.find((line) => !line.includes("node:"))?.trim();
}

/** One line for each cause; `inPlugin` adds the line of code that threw, for the plugin's author. */
function causeLines(cause: unknown, inPlugin: boolean, depth = 0): string[] {
  if (cause === undefined || cause === null || depth === printedCauses) return [];
  if (!(cause instanceof Error)) return [`  cause: ${String(cause)}`];
  const name = cause instanceof KdflowError ? cause.code : cause.name;
  const at = inPlugin && !(cause instanceof KdflowError) ? thrownAt(cause) : undefined;
  return [
    `  cause: ${name}: ${cause.message.slice(0, widestMessage).replaceAll("\n", "\n    ")}`,
    ...(at === undefined ? [] : [`    ${at}`]),
    ...causeLines(cause.cause, inPlugin, depth + 1),
  ];
}

/** What users wrote may hold line breaks, which must not look like lines of ours, and be of any length. */
function oneLine(text: string): string {
  const shown = text.length > widestMessage ? `${text.slice(0, widestMessage)}…` : text;
  return shown.replaceAll("\n", "\\n");
}

function formatOne(error: KdflowError, paint: Palette): string {
  return [
    `${paint.code(error.code)}: ${oneLine(error.message)}`,
    ...(error.where === undefined ? [] : placeLines(error.where, paint)),
    ...error.hint.map((line) => `  ${oneLine(line)}`),
    ...causeLines(error.cause, error.code.startsWith("KDF_PLUGIN_")),
  ].join("\n");
}

function formatUnknown(error: unknown, paint: Palette): string {
  const stack = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
  return [
    `${paint.code("KDF_INTERNAL")}: this is a bug in kdflow, not in your pipeline`,
    ...stack.split("\n").map((line) => `  ${line}`),
    "  report it with the text above, the pipeline file and what `kdflow doctor` prints",
  ].join("\n");
}

/**
 * The human text of any error: code and message, the source line with a caret, what is allowed, what to do, and
 * shortly what caused it. Of many problems the first ten are printed, with a blank line between.
 */
export function formatError(error: unknown, options: { readonly color: boolean }): string {
  const paint = options.color ? coloured : plain;
  if (error instanceof ConfigErrors) {
    const blocks = error.problems.slice(0, printedProblems).map((problem) => formatOne(problem, paint));
    const more = error.problems.length - blocks.length;
    if (more > 0) blocks.push(`… and ${more} more`);
    return blocks.join("\n\n");
  }
  const expected = error instanceof KdflowError && error.code !== "KDF_INTERNAL";
  return expected ? formatOne(error, paint) : formatUnknown(error, paint);
}

/** An error as plain data, for `--json`. */
interface ErrorJson {
  readonly code: string;
  readonly message: string;
  readonly hint: readonly string[];
  readonly where?: SourcePlace;
  readonly cause?: string;
  /** All problems, where there may be several. */
  readonly problems?: readonly ErrorJson[];
}

/** The error as plain data; of many problems, all. */
export function toJson(error: unknown): ErrorJson {
  if (!(error instanceof KdflowError)) {
    const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { code: "KDF_INTERNAL", message: "this is a bug in kdflow, not in your pipeline", hint: [], cause };
  }
  const { cause } = error;
  return {
    code: error.code,
    message: error.message,
    hint: error.hint,
    ...(error.where === undefined ? {} : { where: error.where }),
    ...(cause === undefined
      ? {}
      : { cause: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause) }),
    ...(error instanceof ConfigErrors ? { problems: error.problems.map(toJson) } : {}),
  };
}
