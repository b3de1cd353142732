import { type HostTensor, KdflowError } from "../../../core/index.ts";
import { bytesOf, type NumberType, readNumbers } from "./numbers.ts";
import { readPickle } from "./pickle.ts";
import { brokenPickle, type PickleCalls, type Pickled, PickledClass } from "./pickle-machine.ts";
import { maxTensors, sizeOf, type TensorFile } from "./tensor-file.ts";

const storageTypes: Readonly<Record<string, NumberType>> = {
  "torch.HalfStorage": "float16",
  "torch.BFloat16Storage": "bfloat16",
  "torch.FloatStorage": "float32",
  "torch.DoubleStorage": "float64",
  "torch.CharStorage": "int8",
  "torch.ByteStorage": "uint8",
  "torch.ShortStorage": "int16",
  "torch.IntStorage": "int32",
  "torch.LongStorage": "int64",
  "torch.BoolStorage": "bool",
};

/** The first pickle of the older stream form is this number, `0x1950a86a20f9469cfc6c`, in ten bytes. */
const legacyMagic = Buffer.from("80028a0a6cfc9c46f9206aa85019", "hex");
/** Keys under which training scripts keep the state dict, the first one found wins. */
const stateDictKeys = ["state_dict", "model_state_dict", "model", "net", "state_dict_ema"] as const;

class Storage {
  readonly key: string;
  readonly type: NumberType;
  readonly count: number;
  values: Float32Array | undefined;

  constructor(key: string, type: NumberType, count: number) {
    this.key = key;
    this.type = type;
    this.count = count;
  }
}

class StoredTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Whether bytes begin as PyTorch's older stream form does. */
export function isLegacyTorch(bytes: Buffer): boolean {
  return bytes.subarray(0, legacyMagic.length).equals(legacyMagic);
}

/**
 * Reads a state dict out of the files of PyTorch's zip form.
 *
 * @throws KDF_INPUT_PICKLE, KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 */
export function readTorchZip(entries: ReadonlyMap<string, Uint8Array>): TensorFile {
  const [name, content] = [...entries].find(([entry]) => entry.endsWith("data.pkl")) ?? [];
  if (name === undefined || content === undefined) {
    throw new KdflowError("KDF_INPUT_FORMAT", "the archive holds neither NumPy arrays nor a PyTorch state dict");
  }
  const folder = name.slice(0, -"data.pkl".length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && Buffer.from(order).toString() !== "little") {
    throw new KdflowError("KDF_INPUT_FORMAT", "its numbers are big endian");
  }
  const storages = new Map<string, Storage>();
  const { value } = readPickle(Buffer.from(content), 0, callsFor(storages));
  for (const storage of storages.values()) {
    const bytes = entries.get(`${folder}data/${storage.key}`) ?? new Uint8Array();
    storage.values = readNumbers(bytes, storage.type, storage.count);
  }
  return { layout: "torch", tensors: stateDict(value) };
}

/**
 * Reads a state dict in the form that PyTorch wrote before 1.6: pickles, then the numbers of each storage.
 *
 * @throws KDF_INPUT_PICKLE, KDF_INPUT_FORMAT, KDF_INPUT_TRUNCATED
 */
export function readLegacyTorch(bytes: Buffer): TensorFile {
  const storages = new Map<string, Storage>();
  const calls = callsFor(storages);
  // the magic number, the version of the form and the sizes of the writer's integers come first
  let { end } = readPickle(bytes, 0, calls);
  for (let i = 0; i < 2; i++) end = readPickle(bytes, end, calls).end;
  const content = readPickle(bytes, end, calls);
  const keys = readPickle(bytes, content.end, calls);
  if (!Array.isArray(keys.value)) throw brokenPickle();
  let at = keys.end;
  for (const key of keys.value.map(String)) {
    const storage = storages.get(key);
    if (storage === undefined || at + 8 > bytes.length) throw brokenPickle();
    const count = Number(bytes.readBigUInt64LE(at));
    if (count !== storage.count) throw brokenPickle();
    at += 8;
    storage.values = readNumbers(bytes.subarray(at), storage.type, count);
    at += count * bytesOf[storage.type];
  }
  return { layout: "torch", tensors: stateDict(content.value) };
}

function callsFor(storages: Map<string, Storage>): PickleCalls {
  return {
    call(className, args) {
      if (className === "collections.OrderedDict") return orderedDict(args);
      if (className === "torch._utils._rebuild_parameter") return args[0] as Pickled;
      if (/^torch\._utils\._rebuild_tensor(_v2)?$/u.test(className)) return tensorOf(args);
      if (className === "torch.Size") return args[0] as Pickled;
      return undefined;
    },
    persistent(id) {
      const [kind, type, key, , count] = Array.isArray(id) ? (id as Pickled[]) : [];
      const numbers = type instanceof PickledClass ? storageTypes[type.className] : undefined;
      if (kind !== "storage" || numbers === undefined || typeof count !== "number") throw brokenPickle();
      const known = storages.get(String(key)) ?? new Storage(String(key), numbers, count);
      storages.set(known.key, known);
      if (storages.size > maxTensors)
        throw new KdflowError("KDF_INPUT_FORMAT", `it has more than ${maxTensors} tensors`);
      return known;
    },
  };
}

/** Python 2 gave ordered dicts their items as pairs. */
function orderedDict([items = []]: readonly Pickled[]): Map<Pickled, Pickled> {
  if (!Array.isArray(items) || !items.every((item) => Array.isArray(item) && item.length === 2)) throw brokenPickle();
  return new Map(items as [Pickled, Pickled][]);
}

function tensorOf([storage, offset, shape, strides]: readonly Pickled[]): StoredTensor {
  const whole = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!(storage instanceof Storage) || typeof offset !== "number" || !whole(shape) || !whole(strides)) {
    throw brokenPickle();
  }
  return new StoredTensor(storage, offset, shape, strides);
}

/** The tensors of a state dict, or of the one that a checkpoint keeps under a usual key. */
function stateDict(value: Pickled): ReadonlyMap<string, HostTensor> {
  const own = tensorsOf(value);
  if (own.size > 0) return own;
  for (const key of value instanceof Map ? stateDictKeys : []) {
    const kept = tensorsOf((value as Map<Pickled, Pickled>).get(key) ?? null);
    if (kept.size > 0) return kept;
  }
  throw new KdflowError("KDF_INPUT_FORMAT", "the file holds no dict of tensors", {
    hint: "save one with torch.save(model.state_dict(), path)",
  });
}

function tensorsOf(value: Pickled): Map<string, HostTensor> {
  if (!(value instanceof Map)) return new Map();
  const stored = [...value].filter((item): item is [string, StoredTensor] => item[1] instanceof StoredTensor);
  // DataParallel puts all names behind `module.`
  const wrapped = stored.length > 0 && stored.every(([name]) => name.startsWith("module."));
  return new Map(
    stored.map(([name, tensor]) => [
      wrapped ? name.slice("module.".length) : name,
      { shape: tensor.shape, values: contiguous(tensor) },
    ]),
  );
}

/** The numbers of a tensor in C order, whatever its strides. */
function contiguous({ storage, offset, shape, strides }: StoredTensor): Float32Array {
  const count = sizeOf(shape);
  const source = storage.values ?? new Float32Array();
  const furthest = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset);
  // tensors that repeat their numbers by strides of zero could ask for any amount of memory
  if (count > source.length || (count > 0 && furthest >= source.length))
    throw new KdflowError("KDF_INPUT_TRUNCATED", "a tensor ends behind its storage");
  const place = shape.map(() => 0);
  const values = new Float32Array(count);
  let from = offset;
  for (let i = 0; i < count; i++) {
    values[i] = source[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [size = 1, stride = 0] = [shape[axis], strides[axis]];
      place[axis] = (place[axis] ?? 0) + 1;
      from += stride;
      if ((place[axis] ?? 0) < size) break;
      place[axis] = 0;
      from -= size * stride;
    }
  }
  return values;
}
