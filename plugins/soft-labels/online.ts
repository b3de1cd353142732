import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineProvider, KdflowError, type Outputs, type ProviderOf, type SoftLabels } from "../../core/index.ts";
import type { SoftLabelsOnlineOptions } from "../options.ts";
import { detectionId } from "../tasks/detection/names.ts";
import { rowWidth } from "../tasks/outputs/answer-rows.ts";
import type { LabelInputs } from "./storing/write-labels.ts";

/** The artifact: what decides the labels, which themselves are not stored. */
interface OnlineFile {
  readonly format: 2;
  readonly task: string;
  readonly outputs: Outputs;
  readonly classNames: readonly string[];
  readonly sampleCount: number;
  readonly teacherDigest: string;
  readonly preprocessing: string;
  readonly dataDigest: string;
  readonly viewSpec: string;
  /** Of a detector. */
  readonly top?: number;
  readonly minScore?: number;
}

const fileName = "online.json";

/**
 * The teacher in the loop: it labels every batch while the student trains, so that each epoch shows a fresh view of
 * each sample. Nothing is stored, and every run asks again. Of a detector there are boxes, as `detections` stores them.
 *
 * @see Beyer et al. (2022), "Knowledge distillation: A good teacher is patient and consistent", arXiv:2106.05237
 */
export const online: ProviderOf<"softLabels"> = defineProvider<"softLabels", SoftLabelsOnlineOptions>("softLabels", {
  id: "online",
  summary: "the teacher in the loop: fresh views in every epoch, nothing stored",
  reference: "arXiv:2106.05237",
  cacheVersion: 1,
  numeric: "inputs",
  answers: ["teacherLogits", "teacherRows", "teacherKnown"],

  describe(_options, inputs) {
    const { classNames, outputKinds, task, words } = inputs["teacher"]?.[0] ?? {};
    if (task === detectionId) {
      if ((inputs["data"]?.[0]?.photos ?? 1) > 1) {
        throw new KdflowError("KDF_PLAN_OPTIONS", "boxes that are found in a view of several photos belong to none", {
          hint: "take `softLabels: detections`, or data without `mosaic`, `mixup` and `cutmix`",
        });
      }
      return { classNames, words, notes: ["detections: the teacher is asked about every view of every epoch"] };
    }
    return { classNames: classNames ?? inputs["data"]?.[0]?.classNames, outputKinds };
  },

  async run({ top, minScore }, inputs, context) {
    const { data, teacher } = inputs as unknown as LabelInputs;
    context.signal.throwIfAborted();
    const { assertDataset } = await import("../data/samples/assert-dataset.ts");
    assertDataset(data, context);
    await context.task(teacher.task).preflight?.(teacher, data, context.log);
    const { assertSteadyAnswers } = await import("./storing/steady-answers.ts");
    await assertSteadyAnswers(teacher, data, context);
    const { onlineOutputs } = await import("./boxes/online-boxes.ts");
    const file: OnlineFile = {
      format: 2,
      task: teacher.task,
      outputs: onlineOutputs(teacher, { top, minScore }),
      classNames: teacher.classNames,
      sampleCount: data.splits.train.count,
      teacherDigest: teacher.digest,
      preprocessing: teacher.preprocessing,
      dataDigest: data.digest,
      viewSpec: data.viewSpec,
      ...(teacher.task === detectionId && { top, minScore }),
    };
    await writeFile(join(context.outputDir, fileName), `${JSON.stringify(file, undefined, 2)}\n`);
  },

  async open({ directory }, _options, context): Promise<SoftLabels> {
    const { labelRows } = await import("./storing/label-rows.ts");
    const file = JSON.parse(await readFile(join(directory, fileName), "utf8")) as OnlineFile;
    const dataset = (await context.openInput("data")) as LabelInputs["data"];
    const teacher = (await context.openInput("teacher")) as LabelInputs["teacher"];
    const { task, outputs, classNames, sampleCount, teacherDigest, top, minScore } = file;
    const known = { task, outputs, classNames, views: undefined, sampleCount, teacherDigest };
    // the teacher belongs to whoever opened it
    const close = async (): Promise<void> => undefined;
    if (top !== undefined && minScore !== undefined) {
      const { readOnline } = await import("./boxes/online-boxes.ts");
      const read = readOnline({ data: dataset, teacher }, { top, minScore });
      return { ...known, content: "detections", read, close };
    }
    const layout = { classes: rowWidth(outputs), precision: "float32", topK: undefined } as const;
    return {
      ...known,
      content: "logits",
      async read(indices, views, out) {
        const rows = Array.from(indices, (sample, place) => ({ sample, view: views[place] ?? 0 }));
        out.set(await labelRows({ dataset, teacher, layout }, rows));
      },
      close,
    };
  },
});
