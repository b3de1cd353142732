import type { Source, Trace, TracedOp } from "./trace.ts";

/** Looks at a trace from its ends. */
export class TraceView {
  readonly #trace: Trace;
  readonly #uses = new Map<string, number>();
  readonly #needsUpdated = new Map<number, boolean>();

  constructor(trace: Trace) {
    this.#trace = trace;
    const inputs = [...trace.ops, ...trace.updates].flatMap((taker) => taker.inputs);
    for (const source of [...inputs, ...trace.results.values(), ...trace.assigned.values()]) {
      this.#uses.set(keyOf(source), this.uses(source) + 1);
    }
  }

  /** How often a value is the input of an operation or an update, a result or new state. */
  uses(source: Source): number {
    return this.#uses.get(keyOf(source)) ?? 0;
  }

  /** The operation that made a value. */
  makerOf(source: Source): TracedOp | undefined {
    return source.from === "op" ? this.#trace.ops[source.op] : undefined;
  }

  /**
   * The inputs of the operation that made a value, where it has that name and the value is used so many times (any
   * number where left out).
   */
  inputsOf(source: Source | undefined, name: string, uses?: number): readonly Source[] {
    if (source?.from !== "op" || (uses !== undefined && this.uses(source) !== uses)) return [];
    const op = this.#trace.ops[source.op];
    return op?.name === name ? op.inputs : [];
  }

  /** True for a number, given or computed. */
  isScalar(source: Source | undefined): source is Source {
    if (source?.from === "scalar") return true;
    if (source?.from === "op") return this.#trace.ops[source.op]?.outputs[source.output]?.shape.length === 0;
    return source?.from === "constant" && this.#trace.constants[source.constant]?.shape.length === 0;
  }

  /** The value of a number that is the same in every step. */
  constantValue(source: Source | undefined): number | undefined {
    if (source?.from !== "constant") return undefined;
    const constant = this.#trace.constants[source.constant];
    const value = constant?.shape.length === 0 ? constant.values[0] : undefined;
    return typeof value === "number" ? value : undefined;
  }

  /** Whether a value is computed from state that was changed in place. */
  needsUpdated(source: Source): boolean {
    if (source.from !== "op") return source.from === "updated";
    const known = this.#needsUpdated.get(source.op);
    if (known !== undefined) return known;
    const needs = this.#trace.ops[source.op]?.inputs.some((input) => this.needsUpdated(input)) ?? false;
    this.#needsUpdated.set(source.op, needs);
    return needs;
  }

  assigned(state: number): Source | undefined {
    return this.#trace.assigned.get(state);
  }
}

export function same(a: Source | undefined, b: Source | undefined): boolean {
  return a !== undefined && b !== undefined && keyOf(a) === keyOf(b);
}

export function keyOf(source: Source): string {
  switch (source.from) {
    case "op":
      return `op ${source.op} ${source.output}`;
    case "constant":
      return `constant ${source.constant}`;
    case "input":
    case "scalar":
      return `${source.from} ${source.name}`;
    default:
      return `${source.from} ${source.state}`;
  }
}
