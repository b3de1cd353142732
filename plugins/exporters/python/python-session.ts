import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { type Answers, KdflowError } from "../../../core/index.ts";
import { lastWords } from "../../backends/native/run-command.ts";
import { type PythonRequest, pythonEnvironment } from "./run-python.ts";

/** Characters of its messages that are kept, from their end. */
const keptCharacters = 16_384;

/** A Python that holds a model and answers images until it is closed. */
export interface PythonSession {
  /** Outputs by name, float32. One call at a time. */
  answer(pixels: Uint8Array, count: number): Promise<Answers>;
  close(): void;
}

/**
 * Starts a script that reads, again and again, a number of images (uint32, little endian) and their pixels, and writes
 * for each output its length in bytes (uint32) and its numbers (float32).
 *
 * @param python of `findPython`
 * @throws KDF_EXPORT_PYTHON, when answering, where the script ended
 */
export function openPythonSession(
  python: string,
  script: string,
  args: readonly string[],
  { purpose, signal, outputs }: Pick<PythonRequest, "purpose" | "signal"> & { readonly outputs: readonly string[] },
): PythonSession {
  const child = spawn(python, ["-c", script, ...args], { signal, env: pythonEnvironment() });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString("utf8")).slice(-keptCharacters);
  });
  child.stdin.on("error", () => undefined); // the end of the process says why
  const ended = new Promise<never>((_resolve, reject) => {
    const fail = (why: string): void => {
      reject(
        signal.aborted ? signal.reason : new KdflowError("KDF_EXPORT_PYTHON", `${purpose} failed in Python: ${why}`),
      );
    };
    child.on("error", ({ message }) => fail(message));
    child.on("close", () => fail(lastWords(said)));
  });
  ended.catch(() => undefined); // where nobody waits for an answer
  const read = reader(child);
  return {
    async answer(pixels, count) {
      signal.throwIfAborted();
      const head = Buffer.alloc(4);
      head.writeUInt32LE(count);
      child.stdin.write(head);
      child.stdin.write(pixels);
      const answers: Record<string, Float32Array> = {};
      for (const name of outputs) {
        const length = (await Promise.race([read(4), ended])).readUInt32LE();
        const bytes = await Promise.race([read(length), ended]);
        answers[name] = new Float32Array(Uint8Array.from(bytes).buffer);
      }
      return answers;
    },
    close: () => void child.stdin.end(),
  };
}

/** Reads so many bytes of what a process writes, however it comes in pieces. */
function reader({ stdout }: ChildProcessWithoutNullStreams): (length: number) => Promise<Buffer> {
  return async (length) => {
    const parts: Buffer[] = [];
    for (let missing = length; missing > 0; ) {
      const part = stdout.read(Math.min(missing, stdout.readableLength)) as Buffer | null;
      if (part === null || part.length === 0) {
        await once(stdout, "readable");
        continue;
      }
      parts.push(part);
      missing -= part.length;
    }
    return Buffer.concat(parts);
  };
}
