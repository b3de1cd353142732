import {
  type Answers,
  type HostArray,
  type ImageSize,
  KdflowError,
  type SoftLabels,
  type Teacher,
} from "../../../core/index.ts";
import { sharedBytes } from "../../data/views/made-ahead.ts";
import { holdFeatures, type StoredFeatures } from "../../soft-labels/features/feature-store.ts";
import { alignAnswers, answerRows, answersOf, rowWidth, widthOf } from "../../tasks/outputs/answer-rows.ts";
import { askTeacher } from "../../teachers/asking/ask-teacher.ts";
import type { BatchFiller, BatchRows, BatchSlot, SampleSource } from "./batch-filler.ts";
import { type BatchBinding, roomFor, type StepInput } from "./step-input.ts";
import { noInput, outputOf, pairOf, tapWords } from "./student.ts";

const features = "teacherFeatures/";

/**
 * What a term is given of the teacher: its answers, brought to the data's classes, and features at its taps: from soft
 * labels that hold them, else from a teacher in the loop. Whatever a teacher is asked of a batch is asked at once.
 */
export const teacherInput: StepInput = {
  answers: (name) => name.startsWith("teacher"),
  bind(name, { name: term, at: own, joined }, { source: { dataset, task, softLabels, teacher } }) {
    const pair = pairOf(name, "teacherFeatures", own, joined);
    if (pair !== undefined) {
      const { at } = pair;
      const { taps = {} } = (holdFeatures(softLabels) ? softLabels : teacher) ?? {};
      const tap = taps[at?.teacher ?? ""];
      if (tap !== undefined) {
        return { from: "batch", key: features + at?.teacher, shape: tap.shape, dtype: "float32" };
      }
      const there = Object.entries(taps).map(([key, spec]) => tapWords(key, spec));
      throw noInput(term, `features at "${at?.teacher}" of the teacher, which has no such tap`, there);
    }
    const labeller = softLabels ?? teacher;
    const outputs = labeller === undefined ? {} : alignAnswers(task, labeller, dataset.classNames).outputs;
    const output = outputs[outputOf(name, "teacher")];
    if (output !== undefined) return { from: "batch", key: name, shape: output.shape, dtype: "float32", output };
    throw noInput(term, `${name}, and the teacher has no such output`, Object.keys(outputs));
  },
  filler: teacherFiller,
};

/** Fills the answers from soft labels where there are any, and the rest from the teacher. */
function teacherFiller(bindings: readonly BatchBinding[], source: SampleSource): BatchFiller {
  const { softLabels, teacher } = source;
  const taps = bindings.filter(({ key }) => key.startsWith(features));
  const answers = bindings.filter((binding) => !taps.includes(binding));
  const stored = holdFeatures(softLabels) ? softLabels : undefined;
  const isAsked = softLabels === undefined || (taps.length > 0 && stored === undefined);
  const asked = isAsked ? teacher : undefined;
  const names = [
    ...(answers.length > 0 && softLabels === undefined ? Object.keys(teacher?.outputs ?? {}) : []),
    ...taps.map(tapOf),
  ];
  return {
    apart: asked?.worksApart === true,
    slot(batchSize): BatchSlot {
      const rows = answers.length === 0 ? undefined : answerRoom(source, batchSize);
      const maps = taps.map((tap) => ({ tap, values: roomFor(tap, batchSize) }));
      const ownSize = asked?.ensemble === undefined && !isSame(asked?.imageSize, source.inputSize);
      const pixels = asked && ownSize ? pixelRoom(asked.imageSize, batchSize) : undefined;
      return {
        async ahead(batch) {
          await Promise.all([
            asked &&
              pixels &&
              batch.split.render(batch.chosen, batch.views, asked.imageSize, part(pixels, asked.imageSize, batch)),
            softLabels && rows?.read(softLabels, batch),
            stored && maps.length > 0 && readMaps(stored, maps, batch),
          ]);
        },
        async ask(batch) {
          if (asked === undefined) return;
          const given = await askTeacher(asked, batch.size, (size) => shown(asked, size, batch, pixels), names);
          if (softLabels === undefined) rows?.own.set(answerRows(given, asked.outputs, batch.size));
          for (const { tap, values } of maps) values.set(featuresOf(given, tap, batch.size));
        },
        given(size) {
          const selected = rows?.selected(size) ?? {};
          const all: Record<string, HostArray> = {};
          for (const { key } of answers) all[key] = selected[outputOf(key, "teacher")] ?? new Float32Array();
          for (const { tap, values } of maps) all[tap.key] = values.subarray(0, (values.length / batchSize) * size);
          return all;
        },
      };
    },
  };
}

/**
 * Room for all answers of a batch as the labeller gives them, and as the data's classes have them.
 *
 * @throws KDF_PLAN_CLASSES, KDF_PLAN_CLASS_MAP where the labeller does not know the data's classes
 */
function answerRoom({ dataset, task, softLabels, teacher }: SampleSource, batchSize: number) {
  const labeller = softLabels ?? teacher;
  if (labeller === undefined) return undefined;
  const selection = alignAnswers(task, labeller, dataset.classNames);
  const own = new Float32Array(batchSize * rowWidth(labeller.outputs));
  const into = new Float32Array(selection.same ? 0 : batchSize * rowWidth(selection.outputs));
  return {
    own,
    read(labels: SoftLabels, { chosen, viewNumbers, size }: BatchRows): Promise<void> {
      return labels.read(chosen, viewNumbers, own.subarray(0, size * rowWidth(labeller.outputs)));
    },
    selected: (size: number) => answersOf(selection.select(own, size, into), selection.outputs, size),
  };
}

/** The batch's own views at the size of whoever is asked; members of an ensemble have sizes of their own. */
async function shown(
  { ensemble }: Teacher,
  size: ImageSize,
  batch: BatchRows,
  pixels: Uint8Array | undefined,
): Promise<Uint8Array> {
  if (ensemble === undefined) return part(pixels ?? batch.pixels, size, batch);
  const rendered = pixelRoom(size, batch.size);
  await batch.split.render(batch.chosen, batch.views, size, rendered);
  return rendered;
}

/** Features that were stored. */
async function readMaps(stored: StoredFeatures, maps: readonly TapRoom[], { chosen, viewNumbers, size }: BatchRows) {
  const given = await stored.readFeatures(chosen, viewNumbers);
  for (const { tap, values } of maps) values.set(featuresOf(given, tap, size));
}

interface TapRoom {
  readonly tap: BatchBinding;
  readonly values: HostArray;
}

/** @throws KDF_TENSORS_SHAPE where the teacher does not give what its taps say */
function featuresOf(given: Answers, tap: BatchBinding, size: number): Float32Array {
  const values = given[tapOf(tap)];
  const expected = size * widthOf(tap);
  if (values?.length === expected) return values;
  const message = `the teacher gave ${values?.length ?? "no"} numbers at its tap "${tapOf(tap)}", and ${size} images have ${expected}`;
  throw new KdflowError("KDF_TENSORS_SHAPE", message);
}

function tapOf({ key }: BatchBinding): string {
  return key.slice(features.length);
}

function part(pixels: Uint8Array, { height, width, channels }: ImageSize, { size }: BatchRows): Uint8Array {
  return pixels.subarray(0, size * height * width * channels);
}

function pixelRoom({ height, width, channels }: ImageSize, count: number): Uint8Array {
  return sharedBytes(count * height * width * channels);
}

function isSame(a: ImageSize | undefined, b: ImageSize): boolean {
  return a?.height === b.height && a.width === b.width && a.channels === b.channels;
}
