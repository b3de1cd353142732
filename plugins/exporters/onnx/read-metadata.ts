import { protobufFields } from "../../teachers/onnx/protobuf-fields.ts";

/** Field numbers of `onnx.proto`. */
const metadataProps = 14;
const entry = { key: 1, value: 2 } as const;

const decoder = new TextDecoder();

/** The texts that an ONNX file holds by key. */
export function readMetadata(file: Uint8Array): Readonly<Record<string, string>> {
  const pairs = [...protobufFields(file)]
    .filter(({ number }) => number === metadataProps)
    .map(({ bytes }) => {
      const fields = [...protobufFields(bytes)];
      const text = (wanted: number): string => decoder.decode(fields.find(({ number }) => number === wanted)?.bytes);
      return [text(entry.key), text(entry.value)] as const;
    });
  return Object.fromEntries(pairs);
}
