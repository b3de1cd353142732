/**
 * Writes small ONNX files. Field numbers are those of `onnx.proto`.
 */
type Message = readonly (readonly [
  field: number,
  value: number | string | Uint8Array | readonly Message[] | Message,
])[];

function varint(value: number): number[] {
  // the only negative number written is −1: sixty-four bits that are all set
  if (value < 0) return [...Array<number>(9).fill(0xff), 0x01];
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

/** Protocol Buffers' encoding: integers as varints; texts, bytes and messages with their length. */
function encode(message: Message): Buffer {
  const parts = message.map(([field, value]) => {
    if (typeof value === "number") return Buffer.from([...varint(field * 8), ...varint(value)]);
    const bytes =
      typeof value === "string" ? Buffer.from(value) : value instanceof Uint8Array ? value : encode(value as Message);
    return Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(bytes.length)]), bytes]);
  });
  return Buffer.concat(parts);
}

const types = { float32: 1, uint8: 2, int32: 6, int64: 7, float16: 10 } as const;
export type ElementType = keyof typeof types;

export interface Value {
  readonly name: string;
  readonly type?: ElementType;
  readonly shape: readonly (number | string)[];
}

export interface Node {
  readonly op: string;
  readonly name?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly domain?: string;
  /** Integer attributes. */
  readonly attributes?: Readonly<Record<string, number>>;
}

export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** File beside the model that holds the bytes. */
  readonly file?: string;
}

export interface OnnxGraph {
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly weights: readonly Weight[];
  readonly opset?: number;
  /** Notes of the exporter, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}

function valueInfo({ name, type = "float32", shape }: Value): Message {
  const sizes = shape.map((size): readonly [number, Message] => [
    1,
    [typeof size === "number" ? [1, size] : [2, size]],
  ]);
  return [
    [1, name],
    [
      2,
      [
        [
          1,
          [
            [1, types[type]],
            [2, sizes],
          ],
        ],
      ],
    ],
  ];
}

function node({ op, name = "", inputs, outputs, domain, attributes = {} }: Node): Message {
  return [
    ...inputs.map((name) => [1, name] as const),
    ...outputs.map((name) => [2, name] as const),
    [3, name],
    [4, op],
    ...Object.entries(attributes).map(
      ([attribute, value]) =>
        [
          5,
          [
            [1, attribute],
            [3, value],
            [20, 2],
          ],
        ] as const,
    ),
    ...(domain === undefined ? [] : [[7, domain] as const]),
  ];
}

function weight({ name, shape, values, file }: Weight): Message {
  const head: Message = [...shape.map((size) => [1, size] as const), [2, types.float32], [8, name]];
  if (file === undefined) return [...head, [9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]];
  return [
    ...head,
    [
      13,
      [
        [1, "location"],
        [2, file],
      ],
    ],
    [14, 1],
  ];
}

/** The bytes of an ONNX file. */
export function onnxBytes({ inputs, outputs, nodes, weights, opset = 17, metadata = {} }: OnnxGraph): Buffer {
  return encode([
    [1, 8],
    [2, "kdflow tests"],
    [
      7,
      [
        ...nodes.map((each) => [1, node(each)] as const),
        [2, "model"],
        ...weights.map((each) => [5, weight(each)] as const),
        ...inputs.map((each) => [11, valueInfo(each)] as const),
        ...outputs.map((each) => [12, valueInfo(each)] as const),
      ],
    ],
    [8, [[2, opset]]],
    ...[...new Set(nodes.flatMap(({ domain }) => domain ?? []))].map(
      (domain) =>
        [
          8,
          [
            [1, domain],
            [2, 1],
          ],
        ] as const,
    ),
    ...Object.entries(metadata).map(
      ([key, value]) =>
        [
          14,
          [
            [1, key],
            [2, value],
          ],
        ] as const,
    ),
  ]);
}

export interface LinearModel {
  /** Shape of the input, batch first. */
  readonly shape: readonly (number | string)[];
  readonly type?: ElementType;
  /** `[features, classes]` */
  readonly kernel: Float32Array;
  /** `[classes]` */
  readonly bias: Float32Array;
  readonly softmax?: boolean;
  readonly weightFile?: string;
  readonly batch?: number | string;
}

/** Logits, or softmax probabilities, as a linear map of the flattened input. */
export function linearGraph({
  shape,
  type = "float32",
  kernel,
  bias,
  softmax = false,
  weightFile,
}: LinearModel): OnnxGraph {
  const classes = bias.length;
  const scores = { name: "scores", shape: [shape[0] ?? "batch", classes] };
  const external = weightFile === undefined ? {} : { file: weightFile };
  return {
    inputs: [{ name: "pixels", type, shape }],
    outputs: [scores],
    nodes: [
      { op: "Cast", inputs: ["pixels"], outputs: ["numbers"], attributes: { to: types.float32 } },
      { op: "Flatten", inputs: ["numbers"], outputs: ["flat"], attributes: { axis: 1 } },
      { op: "Gemm", inputs: ["flat", "kernel", "bias"], outputs: [softmax ? "logits" : "scores"] },
      ...(softmax ? [{ op: "Softmax", inputs: ["logits"], outputs: ["scores"], attributes: { axis: 1 } }] : []),
    ],
    weights: [
      { name: "kernel", shape: [kernel.length / classes, classes], values: kernel, ...external },
      { name: "bias", shape: [classes], values: bias },
    ],
  };
}
