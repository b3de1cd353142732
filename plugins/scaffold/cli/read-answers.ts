import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { allowedHint, KdflowError } from "../../../core/index.ts";
import type { Answers } from "../questions/question.ts";
import { answerFlags } from "./command-specs.ts";

/**
 * Answers of a YAML file, by flag: a map of one level.
 *
 * @throws KDF_CLI_USAGE for a file that is none, and for an answer to no question
 */
export async function readAnswers(file: string): Promise<Answers> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new KdflowError("KDF_CLI_USAGE", `--answers: "${file}" cannot be opened`, { cause });
  });
  const content = parseMap(file, text);
  const flags = answerFlags.map(({ name }) => name);
  for (const [flag, answer] of Object.entries(content)) {
    if (!flags.includes(flag)) {
      throw new KdflowError("KDF_CLI_USAGE", `"${file}" answers "${flag}", which is not asked`, {
        hint: allowedHint(flag, flags),
      });
    }
    if (typeof answer === "object") {
      throw new KdflowError("KDF_CLI_USAGE", `"${file}": the answer to "${flag}" is not one value`, {
        hint: `such as ${flag}: yes`,
      });
    }
  }
  return new Map(Object.entries(content).map(([flag, answer]) => [flag, answerText(answer)]));
}

function parseMap(file: string, text: string): Readonly<Record<string, unknown>> {
  let content: unknown;
  try {
    content = parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
    throw new KdflowError("KDF_CLI_USAGE", `--answers: "${file}" is not valid YAML: ${reason}`, { cause });
  }
  if (typeof content === "object" && content !== null && !Array.isArray(content))
    return content as Record<string, unknown>;
  throw new KdflowError("KDF_CLI_USAGE", `--answers: "${file}" is no map of answers`, {
    hint: "such as data: ./photos",
  });
}

/** `baseline: true` means yes. */
function answerText(answer: unknown): string {
  if (typeof answer === "boolean") return answer ? "yes" : "no";
  return String(answer);
}
