import type { HostArray, TensorSpec } from "../../../../core/index.ts";
import { checkedInput } from "../../eager/host-buffers.ts";
import type { StepTry } from "./step-recorder.ts";
import { scopeOf } from "./which-step.ts";

type Results = Readonly<Record<string, Float32Array>>;

/** A step that was run to check it. A training that begins with the very same one need not run it again. */
export class TriedStep {
  readonly #specs: Readonly<Record<string, TensorSpec>>;
  readonly #step: StepTry;
  readonly #results: Results;

  /** Copies the batch, whose arrays may come back with other samples. */
  constructor(specs: Readonly<Record<string, TensorSpec>>, step: StepTry, results: Results) {
    const { which, batch, scalars } = step;
    const copied = Object.keys(specs).map((name) => [name, part(specs, name, batch, which.size).slice()] as const);
    this.#specs = specs;
    this.#step = { which, scalars, batch: Object.fromEntries(copied) };
    this.#results = results;
  }

  /** What the step gave, where `step` is the same one: variant, batch and scalars to the last bit. */
  resultsOf(step: StepTry): Results | undefined {
    const { which, batch, scalars } = this.#step;
    if (scopeOf(step.which) !== scopeOf(which)) return undefined;
    if (!Object.entries(scalars).every(([name, value]) => Object.is(step.scalars[name], value))) return undefined;
    const isSame = Object.keys(this.#specs).every((name) => {
      const [known, given] = [batch, step.batch].map((each) => bytesOf(part(this.#specs, name, each, which.size)));
      return known !== undefined && given !== undefined && known.equals(given);
    });
    return isSame ? this.#results : undefined;
  }
}

function part(
  specs: Readonly<Record<string, TensorSpec>>,
  name: string,
  batch: StepTry["batch"],
  size: number,
): HostArray {
  return checkedInput(name, specs[name] as TensorSpec, batch[name], size);
}

function bytesOf({ buffer, byteOffset, byteLength }: HostArray): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
