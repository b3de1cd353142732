import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { KdflowError, readRegularFile } from "../../../core/index.ts";
import { mistakenFormat } from "../asking/mistaken-format.ts";
import { exportAdvice } from "./export-advice.ts";
import { ProtobufCut, type ProtobufField, protobufFields } from "./protobuf-fields.ts";

/** A size: a number, a name that stands for one, or `undefined` where the file says nothing. */
export type Dimension = number | string | undefined;

/** An input or output of the graph. */
export interface OnnxValue {
  readonly name: string;
  /** `float32`, `uint8`, …, or `type 9` for types that are none of images. */
  readonly type: string;
  /** `undefined` where the file does not say the rank. */
  readonly shape: readonly Dimension[] | undefined;
}

/** What is read from an ONNX file without running it. */
export interface OnnxFile {
  /** Versions of the operator sets by domain; `""` is ONNX's own. */
  readonly opsets: Readonly<Record<string, number>>;
  /** Without those that are weights. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  /** Names of all tensors that nodes of the graph give. */
  readonly tensors: ReadonlySet<string>;
  /** The first tensor that each named node gives. */
  readonly nodes: ReadonlyMap<string, string>;
  /** Files beside it that hold weights, relative to it, sorted. */
  readonly externalFiles: readonly string[];
  /** Numbers in all weights. */
  readonly parameters: number;
  /** What its exporter noted, by key. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Field numbers of `onnx.proto`. */
const model = { graph: 7, opset: 8, metadata: 14 } as const;
const opset = { domain: 1, version: 2 } as const;
const graph = { node: 1, initializer: 5, input: 11, output: 12 } as const;
const node = { output: 2, name: 3, attribute: 5 } as const;
const attribute = { tensor: 5, graph: 6, tensors: 10, graphs: 11 } as const;
const tensor = { dims: 1, name: 8, externalData: 13 } as const;
const valueInfo = { name: 1, type: 2 } as const;
const dimension = { value: 1, name: 2 } as const;

const elementTypes: Readonly<Record<number, string>> = {
  1: "float32",
  2: "uint8",
  7: "int64",
  10: "float16",
  11: "float64",
};

/** Protocol Buffers end at 2 GiB; larger models keep their weights in files beside them. */
const largestFile = 2 ** 31;
const deepestGraph = 50;

const decoder = new TextDecoder();

/** What was read of each file last, with the stamp that the file had then. */
const readBefore = new Map<string, { readonly stamp: string; readonly file: Promise<OnnxFile> }>();

/**
 * Reads inputs, outputs and tensor names of an ONNX file; weights are passed over. A file that is asked for again and
 * has not changed is not read again.
 *
 * @throws KDF_INPUT_MISSING_FILE, KDF_INPUT_TRUNCATED, KDF_INPUT_FORMAT
 */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  if (found === undefined) return parseOnnxFile(path);
  const stamp = [found.dev, found.ino, found.size, found.mtimeNs, found.ctimeNs].join(" ");
  const before = readBefore.get(path);
  if (before?.stamp === stamp) return before.file;
  const file = parseOnnxFile(path);
  readBefore.set(path, { stamp, file });
  file.catch(() => readBefore.delete(path));
  return file;
}

async function parseOnnxFile(path: string): Promise<OnnxFile> {
  const bytes = await readRegularFile(path, largestFile).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw notOnnx(path, cause);
    throw new KdflowError("KDF_INPUT_MISSING_FILE", `cannot read "${path}"`, {
      hint: "`model` is relative to the pipeline file",
      cause,
    });
  });
  const other = mistakenFormat(bytes);
  if (other !== undefined) {
    const advice = other.includes("PyTorch") ? exportAdvice(path, bytes) : [];
    throw notOnnx(path, `it is ${other}`, advice);
  }
  try {
    const found = parseModel(bytes);
    if (found !== undefined) return found;
  } catch (cause) {
    if (cause instanceof ProtobufCut) {
      throw new KdflowError("KDF_INPUT_TRUNCATED", `"${path}" ends too early: ${cause.message}`, {
        hint: `it has ${bytes.length} bytes; copy or export it again`,
      });
    }
    throw notOnnx(path, cause);
  }
  throw notOnnx(path, undefined);
}

/** @param cause what was thrown, or what the file is */
function notOnnx(path: string, cause: unknown, advice: readonly string[] = []): KdflowError {
  const said = cause instanceof Error ? cause.message : cause;
  const why = typeof said === "string" ? said : "it has no graph with an output";
  return new KdflowError("KDF_INPUT_FORMAT", `"${path}" is not an ONNX model: ${why}`, {
    hint: [
      `${basename(path)} has to be what torch.onnx.export, tf2onnx or another exporter writes`,
      ...advice.map((line) => `export it: ${line}`),
    ],
    ...(cause instanceof Error && { cause }),
  });
}

function parseModel(bytes: Uint8Array): OnnxFile | undefined {
  const opsets: Record<string, number> = {};
  const metadata: Record<string, string> = {};
  const contents = emptyGraph(new Set());
  for (const field of protobufFields(bytes)) {
    if (field.number === model.opset) {
      const { [opset.domain]: domain, [opset.version]: version } = lastFields(field.bytes);
      opsets[domain === undefined ? "" : decoder.decode(domain.bytes)] = version?.integer ?? 0;
    }
    if (field.number === model.graph) readGraph(field.bytes, contents);
    if (field.number !== model.metadata) continue;
    const { 1: key, 2: value } = lastFields(field.bytes);
    metadata[decoder.decode(key?.bytes)] = decoder.decode(value?.bytes);
  }
  if (contents.outputs.length === 0) return undefined;
  return {
    opsets,
    inputs: contents.inputs.filter(({ name }) => !contents.weights.has(name)),
    outputs: contents.outputs,
    tensors: contents.tensors,
    nodes: contents.nodes,
    externalFiles: [...contents.files].sort(),
    parameters: contents.sizes.reduce((sum, size) => sum + size, 0),
    metadata,
  };
}

interface GraphContents {
  readonly inputs: OnnxValue[];
  readonly outputs: OnnxValue[];
  readonly weights: Set<string>;
  readonly tensors: Set<string>;
  readonly nodes: Map<string, string>;
  readonly files: Set<string>;
  /** Numbers of each weight. */
  readonly sizes: number[];
}

function emptyGraph(files: Set<string>): GraphContents {
  return { inputs: [], outputs: [], weights: new Set(), tensors: new Set(), nodes: new Map(), files, sizes: [] };
}

function readGraph(bytes: Uint8Array, contents: GraphContents, depth = 0): void {
  if (depth > deepestGraph) throw new Error(`it has graphs nested more than ${deepestGraph} deep`);
  for (const field of protobufFields(bytes)) {
    if (field.number === graph.node) readNode(field.bytes, contents, depth);
    if (field.number === graph.initializer) readTensor(field.bytes, contents);
    if (field.number === graph.input) contents.inputs.push(readValue(field.bytes));
    if (field.number === graph.output) contents.outputs.push(readValue(field.bytes));
  }
}

function readNode(bytes: Uint8Array, contents: GraphContents, depth: number): void {
  const outputs: string[] = [];
  let name = "";
  for (const field of protobufFields(bytes)) {
    if (field.number === node.output) outputs.push(decoder.decode(field.bytes));
    if (field.number === node.name) name = decoder.decode(field.bytes);
    if (field.number === node.attribute) readAttribute(field.bytes, contents, depth);
  }
  // outputs that are left out have no name
  const given = outputs.filter((output) => output !== "");
  for (const output of given) contents.tensors.add(output);
  const [first] = given;
  if (name !== "" && first !== undefined) contents.nodes.set(name, first);
}

/** Branches and loop bodies may keep weights in files too; their own inputs and outputs are nobody's concern. */
function readAttribute(bytes: Uint8Array, { files }: GraphContents, depth: number): void {
  const inner = emptyGraph(files);
  for (const field of protobufFields(bytes)) {
    if (field.number === attribute.tensor || field.number === attribute.tensors) readTensor(field.bytes, inner);
    if (field.number === attribute.graph || field.number === attribute.graphs) readGraph(field.bytes, inner, depth + 1);
  }
}

function readTensor(bytes: Uint8Array, { weights, files, sizes }: GraphContents): void {
  let size = 1;
  for (const field of protobufFields(bytes)) {
    if (field.number === tensor.name) weights.add(decoder.decode(field.bytes));
    // one by one, or packed into one field
    if (field.number === tensor.dims) size *= field.bytes.length === 0 ? field.integer : packedProduct(field.bytes);
    if (field.number !== tensor.externalData) continue;
    const { 1: key, 2: value } = lastFields(field.bytes);
    if (key !== undefined && decoder.decode(key.bytes) === "location") files.add(decoder.decode(value?.bytes));
  }
  sizes.push(size);
}

/** The product of varints. */
function packedProduct(bytes: Uint8Array): number {
  let product = 1;
  let value = 0;
  let shift = 0;
  for (const byte of bytes) {
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte >= 0x80) continue;
    product *= value;
    [value, shift] = [0, 0];
  }
  return product;
}

function readValue(bytes: Uint8Array): OnnxValue {
  const { [valueInfo.name]: name, [valueInfo.type]: type } = lastFields(bytes);
  const { 1: tensorType } = lastFields(type?.bytes);
  const { 1: elementType, 2: shape } = lastFields(tensorType?.bytes);
  const number = elementType?.integer ?? 0;
  return {
    name: decoder.decode(name?.bytes),
    type: elementTypes[number] ?? `type ${number}`,
    shape: shape === undefined ? undefined : [...protobufFields(shape.bytes)].map(({ bytes: each }) => readSize(each)),
  };
}

function readSize(bytes: Uint8Array): Dimension {
  const { [dimension.value]: value, [dimension.name]: name } = lastFields(bytes);
  // Some converters write −1, or 0, for a size that is free: ten bytes, read as a number beyond all sizes.
  if (value !== undefined) return value.integer > 0 && value.integer < 2 ** 31 ? value.integer : undefined;
  return name === undefined ? undefined : decoder.decode(name.bytes);
}

/** The last field of each number: what counts where a field is not repeated. */
function lastFields(bytes: Uint8Array | undefined): Record<number, ProtobufField> {
  const fields: Record<number, ProtobufField> = {};
  for (const field of protobufFields(bytes ?? new Uint8Array())) fields[field.number] = field;
  return fields;
}
