import type { OpAttribute } from "../native-backend.ts";
import type { TracedOp } from "./trace.ts";
import { same } from "./trace-view.ts";

/** What an operation does, without what it gave. */
export type StartedOp = Pick<TracedOp, "name" | "attributes" | "inputs">;

/** Whether two operations of two recordings do the same with the same values. */
export function isSameOperation(one: StartedOp, other: StartedOp): boolean {
  return (
    one.name === other.name &&
    one.inputs.length === other.inputs.length &&
    one.inputs.every((input, place) => same(input, other.inputs[place])) &&
    haveSameAttributes(one, other)
  );
}

export function haveSameAttributes(one: StartedOp, other: StartedOp): boolean {
  return (
    one.attributes.length === other.attributes.length &&
    one.attributes.every((attribute, place) => isSameAttribute(attribute, other.attributes[place]))
  );
}

function isSameAttribute(one: OpAttribute, other: OpAttribute | undefined): boolean {
  if (one.name !== other?.name || one.type !== other.type) return false;
  return one.value === other.value || JSON.stringify(one.value) === JSON.stringify(other.value);
}
