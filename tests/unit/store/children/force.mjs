// Makes one result again and again with other content, and says when it has begun; ended from outside.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const [, , entry, root] = process.argv;
const { openStore } = await import(entry);
const store = await openStore(root);
for (let n = 0; ; n++) {
  const transaction = await store.begin("shared");
  await writeFile(join(transaction.directory, "weights.bin"), String(n));
  await transaction.commit({ kind: "train", provider: "test", replace: true });
  if (n === 0) process.stdout.write("begun\n");
}
