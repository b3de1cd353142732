// Commits artifacts of many files, one after another, and says so; killed from outside.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const [, , entry, root, first] = process.argv;
const { openStore } = await import(entry);
const store = await openStore(root);
for (let n = Number(first); ; n++) {
  const transaction = await store.begin(`key-${n}`);
  for (let file = 0; file < 20; file++) {
    await writeFile(join(transaction.directory, `${file}.bin`), new Uint8Array(50_000).fill(n + file));
  }
  process.stdout.write(`committing ${n}\n`);
  await transaction.commit({ kind: "train", provider: "test" });
  process.stdout.write(`committed ${n}\n`);
}
