import { Worker } from "node:worker_threads";
import { KdflowError } from "../../../core/index.ts";
import type { PixelReading } from "../asking/file-teacher.ts";
import type { OnnxAnswer, OnnxRequest, OnnxWorkerData } from "./onnx-protocol.ts";
import type { OnnxTap } from "./onnx-taps.ts";

/** A model that is loaded in a thread. */
export interface OnnxSession {
  /**
   * The model's output for some images.
   *
   * @param pixels uint8 `[count, height, width, channels]`
   * @param taps inner tensors that are asked for too
   * @param raw outputs that are wanted as they are, as `features` in their order and without scores
   * @returns `scores` of `shape`, `[count, …]` unless the model does something else with its batch; the features of
   *   each tap in the order of `taps`
   */
  label(
    pixels: Uint8Array,
    count: number,
    reading: PixelReading,
    taps?: readonly OnnxTap[],
    raw?: readonly string[],
  ): Promise<Omit<ScoresAnswer, "id">>;
  close(): void;
}

/** Compiled, the thread's file lies beside this one. */
const workerFile = new URL(import.meta.url.endsWith(".ts") ? "onnx-worker.ts" : "onnx-worker.js", import.meta.url);

type ScoresAnswer = Extract<OnnxAnswer, { scores: Float32Array }>;

interface Waiting {
  readonly resolve: (answer: ScoresAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Loads a model in a thread of its own.
 *
 * @throws KDF_TEACHER_OPERATOR, KDF_INPUT_FORMAT where ONNX Runtime refuses it; KDF_TEACHER_RUNTIME where the runtime
 *   itself does not load
 */
export async function openOnnxSession(data: OnnxWorkerData): Promise<OnnxSession> {
  const worker = new Worker(workerFile, { workerData: data });
  const waiting = new Map<number, Waiting>();
  const failAll = (error: unknown): void => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  };
  worker.on("message", (answer: OnnxAnswer) => {
    const waiter = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (waiting.size === 0) worker.unref();
    if ("failure" in answer) waiter?.reject(failureOf(answer));
    else waiter?.resolve(answer);
  });
  worker.on("error", failAll);
  worker.on("exit", (code) => failAll(new Error(`the thread of ONNX Runtime ended with code ${code}`)));
  const answerTo = (id: number): Promise<ScoresAnswer> => {
    worker.ref();
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };
  const close = (): void => void worker.terminate();
  try {
    await answerTo(0);
  } catch (error) {
    close();
    throw refusal(data, error);
  }
  let id = 0;
  return {
    async label(pixels, count, reading, taps = [], raw = undefined) {
      const own = pixels.slice();
      const request: OnnxRequest = { id: ++id, pixels: own, count, reading, taps, raw };
      const answer = answerTo(request.id);
      worker.postMessage(request, [own.buffer]);
      try {
        return await answer;
      } catch (error) {
        if (error instanceof KdflowError) throw error;
        throw new KdflowError("KDF_TEACHER_RUNTIME", `ONNX Runtime fails on "${data.model}": ${messageOf(error)}`, {
          hint:
            taps.length === 0
              ? "the model loads but does not run on images of its input size"
              : "taps name tensors of floating-point numbers; without taps the model may run",
          option: taps.length === 0 ? undefined : "/taps",
          cause: error,
        });
      }
    },
    close,
  };
}

function failureOf({ failure, coded }: Extract<OnnxAnswer, { failure: string }>): Error {
  return coded === undefined
    ? new Error(failure)
    : new KdflowError(coded.code, failure, { ...(coded.hint !== undefined && { hint: coded.hint }) });
}

/** ONNX Runtime's words for an operator, or a version of one, that it does not know. */
const operatorWords = [
  /Could not find an implementation for (\S+?)\(/u,
  /:(\S+?)\(-?\d+\) is not a registered function\/op/u,
  /No Op registered for (\S+)/u,
  /(\S+) is not a registered function\/op/u,
];

function refusal({ model, provider = "cpu" }: OnnxWorkerData, error: unknown): KdflowError {
  const message = messageOf(error);
  if (provider !== "cpu") {
    return new KdflowError(
      "KDF_TEACHER_RUNTIME",
      `ONNX Runtime does not load "${model}" on "${provider}": ${message}`,
      {
        hint: "take `device: cpu`, or install the drivers that it needs",
        option: "/device",
        cause: error,
      },
    );
  }
  const operator = operatorWords.map((words) => words.exec(message)?.[1]).find((name) => name !== undefined);
  if (operator !== undefined) {
    return new KdflowError(
      "KDF_TEACHER_OPERATOR",
      `ONNX Runtime does not know the operator "${operator}" of "${model}"`,
      {
        hint: /^(EfficientNMS|BatchedNMS)/u.test(operator)
          ? "it is TensorRT's: export without suppression in the graph, or YOLOv7 with `--end2end --max-wh 640`"
          : "export the model with standard operators, or with an older opset",
        cause: error,
      },
    );
  }
  if (/(?:IR version|opset \d+ is under development)/u.test(message)) {
    return new KdflowError("KDF_TEACHER_OPERATOR", `"${model}" is newer than this ONNX Runtime`, {
      hint: "export the model with an older opset, or update onnxruntime-node",
      cause: error,
    });
  }
  if (/Cannot find module|ERR_DLOPEN_FAILED|cannot open shared object/u.test(message)) {
    return new KdflowError("KDF_TEACHER_RUNTIME", `ONNX Runtime does not load: ${message}`, {
      hint: "run `kdflow setup`, which fetches it into kdflow's cache folder",
      cause: error,
    });
  }
  return new KdflowError("KDF_INPUT_FORMAT", `ONNX Runtime refuses "${model}": ${message}`, {
    hint: "check the file with `onnx.checker.check_model`, or export it again",
    cause: error,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
