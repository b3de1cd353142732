// Replaces a file by a large one; killed from outside before it is written.
import { dirname, join } from "node:path";

const [, , entry, root] = process.argv;
const { openStore } = await import(entry);
const { replaceFile } = await import(join(dirname(entry), "durable.js"));
const { layout } = await openStore(root);
process.stdout.write("replacing\n");
await replaceFile(layout, layout.digests, "x".repeat(200_000_000));
