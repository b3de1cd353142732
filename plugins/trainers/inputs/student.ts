import type { SymbolicTensor } from "@tensorflow/tfjs";
import { KdflowError, type OutputSpec, type Tap, type TapPair } from "../../../core/index.ts";
import type { InputBinding, StepInput } from "./step-input.ts";

/** What a term is given of the student: named outputs of its network, or features at a tap. */
export const studentInput: StepInput = {
  answers: (name) => name.startsWith("student"),
  bind(name, { name: term, at: own, joined }, { built }) {
    const pair = pairOf(name, "studentFeatures", own, joined);
    if (pair !== undefined) {
      const { at } = pair;
      const tap = built.taps[at?.student ?? ""];
      if (tap !== undefined) {
        const output = { kind: "features", shape: shapeOf(tap.tensor), stride: tap.stride };
        return { ...bound(`studentFeatures/${at?.student}`, tap.tensor), output };
      }
      const taps = Object.entries(built.taps).map(([key, { tensor, stride }]) =>
        tapWords(key, { shape: shapeOf(tensor), stride }),
      );
      throw noInput(term, `features at "${at?.student}" of the student, which has no such tap`, taps);
    }
    const names = Object.keys(built.outputs);
    const output = built.model.outputs[names.indexOf(outputOf(name, "student"))];
    if (output !== undefined) return { ...bound(name, output), output: built.outputs[outputOf(name, "student")] };
    throw noInput(term, `${name}, and the student has no such output`, names);
  },
};

function bound(key: string, place: SymbolicTensor): InputBinding {
  return { from: "student", key, shape: shapeOf(place), place };
}

/** The pair of taps of an input that is features; its number, where there is one, tells which of several pairs. */
export function pairOf(
  name: string,
  prefix: string,
  own: TapPair | undefined,
  joined: readonly TapPair[] = [],
): { readonly at: TapPair | undefined } | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const number = name.slice(prefix.length);
  if (number === "") return { at: own };
  return /^\d+$/.test(number) ? { at: joined[Number(number) - 1] } : undefined;
}

/** Without the batch axis. */
export function shapeOf({ shape }: Pick<Tap["tensor"], "shape">): number[] {
  return shape.slice(1).map((size) => size ?? 0);
}

/** `studentLogits` is the output `logits`. */
export function outputOf(name: string, prefix: string): string {
  return name.charAt(prefix.length).toLowerCase() + name.slice(prefix.length + 1);
}

/** `stage2 (14×14×32, stride 2)` */
export function tapWords(name: string, { shape, stride = 0 }: Pick<OutputSpec, "shape" | "stride">): string {
  const strideWords = stride > 0 ? `, stride ${stride}` : "";
  return `${name} (${shape.join("×")}${strideWords})`;
}

export function noInput(term: string, what: string, there: readonly string[]): KdflowError {
  const hint = there.length === 0 ? "there is none" : `there are: ${there.join(", ")}`;
  return new KdflowError("KDF_TRAIN_INPUT", `the loss term "${term}" takes ${what}`, { hint });
}
