// Replaces a file, and is killed between writing the new content and putting it in the place of the old.
import files from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";

const [, , entry, root] = process.argv;
const { openStore } = await import(entry);
const { replaceFile } = await import(join(dirname(entry), "durable.js"));
const { layout } = await openStore(root);
files.rename = async () => process.kill(process.pid, "SIGKILL");
syncBuiltinESMExports();
await replaceFile(layout, layout.digests, "new");
