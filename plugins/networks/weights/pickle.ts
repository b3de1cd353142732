import { KdflowError } from "../../../core/index.ts";
import { brokenPickle, type PickleCalls, type Pickled, PickledClass, PickleMachine } from "./pickle-machine.ts";

/** Integers of more bytes are hashes or magic numbers; nobody needs their value. */
const maxIntegerBytes = 8;

/**
 * Reads one pickle of protocol 2 to 5 without running anything: plain values, and what `calls` knows.
 *
 * @returns the value, and where the pickle ends
 * @throws KDF_INPUT_PICKLE for an object of any other class, KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 * @see CPython, Lib/pickletools.py, for what each opcode means
 */
export function readPickle(bytes: Buffer, start: number, calls: PickleCalls): { value: Pickled; end: number } {
  const machine = new PickleMachine(bytes, start, calls);
  for (;;) {
    const opcode = machine.unsigned(1);
    if (opcode === stop) return { value: machine.pop(), end: machine.at };
    const step = opcodes[opcode];
    if (step === undefined) {
      throw new KdflowError("KDF_INPUT_FORMAT", `its pickle has an opcode that is not read: 0x${opcode.toString(16)}`);
    }
    step(machine);
  }
}

const stop = 0x2e;

const opcodes: Readonly<Record<number, (machine: PickleMachine) => void>> = {
  // protocol and frames: nothing to do
  128: (m) => void m.take(1),
  149: (m) => void m.take(8),
  // values
  78: (m) => m.push(null),
  136: (m) => m.push(true),
  137: (m) => m.push(false),
  74: (m) => m.push(m.take(4).readInt32LE()),
  75: (m) => m.push(m.unsigned(1)),
  77: (m) => m.push(m.unsigned(2)),
  138: (m) => m.push(integer(m.take(m.unsigned(1)))),
  71: (m) => m.push(m.take(8).readDoubleBE()),
  88: (m) => m.push(m.text(m.unsigned(4))),
  140: (m) => m.push(m.text(m.unsigned(1))),
  141: (m) => m.push(m.text(m.long())),
  84: (m) => m.push(m.text(m.unsigned(4), "latin1")),
  85: (m) => m.push(m.text(m.unsigned(1), "latin1")),
  66: (m) => m.push(m.take(m.unsigned(4))),
  67: (m) => m.push(m.take(m.unsigned(1))),
  // lists and tuples
  40: (m) => m.pushMark(),
  48: (m) => void m.pop(),
  49: (m) => void m.sinceMark(),
  93: (m) => m.push([]),
  41: (m) => m.push([]),
  116: (m) => m.push(m.sinceMark()),
  108: (m) => m.push(m.sinceMark()),
  133: (m) => m.push(last(m, 1)),
  134: (m) => m.push(last(m, 2)),
  135: (m) => m.push(last(m, 3)),
  97: (m) => append(m, [m.pop()]),
  101: (m) => append(m, m.sinceMark()),
  // dicts
  125: (m) => m.push(new Map()),
  100: (m) => {
    const items = m.sinceMark();
    m.push(new Map());
    setItems(m, items);
  },
  115: (m) => setItems(m, last(m, 2)),
  117: (m) => setItems(m, m.sinceMark()),
  // memo
  113: (m) => m.memoize(m.unsigned(1)),
  114: (m) => m.memoize(m.unsigned(4)),
  148: (m) => m.memoize(),
  104: (m) => m.recall(m.unsigned(1)),
  106: (m) => m.recall(m.unsigned(4)),
  // classes and calls: names only, and what `calls` stands in for
  99: (m) => m.push(new PickledClass(`${m.line()}.${m.line()}`)),
  147: (m) => m.push(new PickledClass(last(m, 2).map(String).join("."))),
  82: call,
  129: call,
  81: (m) => m.push(m.calls.persistent(m.pop())),
  98(m) {
    // attributes of an ordered dict, such as PyTorch's `_metadata`, say nothing about tensors
    m.pop();
    if (!(m.top instanceof Map)) throw brokenPickle();
  },
};

function call(machine: PickleMachine): void {
  const [called, args] = last(machine, 2);
  if (!(called instanceof PickledClass) || !Array.isArray(args)) throw brokenPickle();
  const value = machine.calls.call(called.className, args);
  if (value === undefined) throw foreignClass(called.className);
  machine.push(value);
}

/** The last values of the stack, in the order in which they were put there. */
function last(machine: PickleMachine, count: number): Pickled[] {
  return Array.from({ length: count }, () => machine.pop()).reverse();
}

function append(machine: PickleMachine, values: readonly Pickled[]): void {
  const list = machine.top;
  if (!Array.isArray(list)) throw brokenPickle();
  for (const value of values) list.push(value);
}

function setItems(machine: PickleMachine, items: readonly Pickled[]): void {
  const dict = machine.top;
  if (!(dict instanceof Map)) throw brokenPickle();
  for (let i = 0; i + 1 < items.length; i += 2) dict.set(items[i], items[i + 1]);
}

/** Two's complement, little endian. */
function integer(bytes: Buffer): number {
  if (bytes.length > maxIntegerBytes) return Number.NaN;
  return bytes.reduceRight((sum, byte) => sum * 256 + byte, 0) - ((bytes.at(-1) ?? 0) > 127 ? 256 ** bytes.length : 0);
}

function foreignClass(className: string): KdflowError {
  return new KdflowError(
    "KDF_INPUT_PICKLE",
    `the file holds an object of the class "${className}", which is not read`,
    {
      hint: [
        "a checkpoint of a whole model or training is code as well as numbers; save the tensors alone:",
        "python -c \"import torch; m = torch.load('in.pt', weights_only=False); m = m['model'] if isinstance(m, dict) else m; torch.save(m.float().state_dict(), 'out.pt')\"",
        "run that only on files that you trust: loading them runs what is in them",
      ],
    },
  );
}
