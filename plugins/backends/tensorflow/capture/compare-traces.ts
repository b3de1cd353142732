import { NotCapturable } from "./not-capturable.ts";
import { haveSameAttributes } from "./same-operation.ts";
import type { Source, Trace, TracedConstant, TracedOp } from "./trace.ts";
import { same } from "./trace-view.ts";

/**
 * Holds two recordings of one step against each other. They were made with different inputs and numbers, so whatever
 * differs depends on the host: chance, a counter, a branch on a value.
 *
 * @throws NotCapturable naming the first operation or constant that differs, and whose it is
 */
export function assertSameTrace(first: Trace, second: Trace): void {
  for (const [index, op] of first.ops.entries()) {
    const other = second.ops[index];
    if (other === undefined) throw differs(op, "is missing the second time");
    if (op.name !== other.name) throw differs(op, `is ${other.name} the second time`);
    if (!haveSameAttributes(op, other)) throw differs(op, "has other attributes the second time");
    for (const [place, input] of op.inputs.entries()) {
      const otherInput = other.inputs[place];
      if (!same(input, otherInput)) throw differs(op, "takes other inputs the second time");
      const constant = constantOf(first, input);
      const otherConstant = otherInput === undefined ? undefined : constantOf(second, otherInput);
      if (constant !== undefined && !sameConstant(constant, otherConstant)) {
        throw differs({ ...op, author: constant.author ?? op.author }, "takes a constant that differs the second time");
      }
    }
  }
  const extra = second.ops[first.ops.length];
  if (extra !== undefined) throw differs(extra, "comes only the second time");
  assertSameEnds(first, second);
}

/** Results and new state that are no operation's output: constants, inputs, state as it was. */
function assertSameEnds(first: Trace, second: Trace): void {
  const ends = (trace: Trace): string => textOf([[...trace.results], [...trace.assigned]]);
  if (ends(first) !== ends(second)) throw new NotCapturable("it gives other results the second time it is recorded");
  for (const [index, constant] of first.constants.entries()) {
    if (sameConstant(constant, second.constants[index])) continue;
    throw new NotCapturable(`${by(constant.author)}a constant differs the second time it is recorded`);
  }
}

function constantOf(trace: Trace, source: Source): TracedConstant | undefined {
  return source.from === "constant" ? trace.constants[source.constant] : undefined;
}

function sameConstant(a: TracedConstant, b: TracedConstant | undefined): boolean {
  if (b === undefined || a.dtype !== b.dtype || textOf(a.shape) !== textOf(b.shape)) return false;
  return Buffer.compare(bytesOf(a), bytesOf(b)) === 0;
}

function bytesOf({ values }: TracedConstant): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
}

function textOf(value: unknown): string {
  return JSON.stringify(value) ?? "";
}

function differs({ name, author }: Pick<TracedOp, "name" | "author">, how: string): NotCapturable {
  return new NotCapturable(`${by(author)}the operation ${name} ${how} it is recorded`);
}

function by(author: string | undefined): string {
  return author === undefined ? "" : `${author}: `;
}
