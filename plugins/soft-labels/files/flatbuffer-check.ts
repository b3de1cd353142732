/** What a field of a table holds: numbers inside it, a text, a table, a list of tables or of things of so many bytes. */
type Shape = "text" | Table | { readonly listOf: Table | number };
/** Fields that point elsewhere, by their number in the format's schema. */
type Table = () => Readonly<Record<number, Shape>>;

const keyValue: Table = () => ({ 0: "text", 1: "text" });
const field: Table = () => ({ 0: "text", 3: plain, 4: plain, 5: { listOf: field }, 6: { listOf: keyValue } });
const schema: Table = () => ({ 1: { listOf: field }, 2: { listOf: keyValue }, 3: { listOf: 8 } });
const plain: Table = () => ({});
const batch: Table = () => ({ 1: { listOf: 16 }, 2: { listOf: 16 }, 3: plain, 4: { listOf: 8 } });

/** The footer of an Arrow file. */
export const footerTable: Table = () => ({
  1: schema,
  2: { listOf: 24 },
  3: { listOf: 24 },
  4: { listOf: keyValue },
});
/** The message of a record batch. */
export const batchMessage: Table = () => ({ 2: batch, 4: { listOf: keyValue } });

/** Far more tables than any file of soft labels has. */
const mostTables = 100_000;

/**
 * Checks that everything in a FlatBuffers message lies inside it. Its readers believe every length and offset, so one
 * flipped bit makes them read, and allocate, without end.
 *
 * @throws RangeError
 * @see FlatBuffers, "Internals"
 */
export function assertInside(bytes: Uint8Array, root: Table): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let tables = 0;

  const follow = (at: number): number => at + view.getUint32(at, true);

  const checkList = (at: number, itemBytes: number): number => {
    const length = view.getUint32(at, true);
    if (at + 4 + length * itemBytes > bytes.byteLength) throw new RangeError("a list reaches past the end");
    return length;
  };

  const checkTable = (at: number, table: Table, depth: number): void => {
    if (++tables > mostTables || depth > 64) throw new RangeError("it has too many tables");
    const index = at - view.getInt32(at, true);
    const indexBytes = view.getUint16(index, true);
    if (index < 0 || index + indexBytes > bytes.byteLength) throw new RangeError("a table reaches past the end");
    for (const [number, shape] of Object.entries(table())) {
      const slot = 4 + 2 * Number(number);
      const offset = slot + 2 > indexBytes ? 0 : view.getUint16(index + slot, true);
      if (offset !== 0) checkShape(follow(at + offset), shape, depth);
    }
  };

  const checkShape = (at: number, shape: Shape, depth: number): void => {
    if (shape === "text") checkList(at, 1);
    else if (typeof shape === "function") checkTable(at, shape, depth + 1);
    else if (typeof shape.listOf === "number") checkList(at, shape.listOf);
    else {
      const length = checkList(at, 4);
      for (let i = 0; i < length; i++) checkTable(follow(at + 4 + 4 * i), shape.listOf, depth + 1);
    }
  };

  checkTable(follow(0), root, 0);
}
