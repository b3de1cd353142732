// Tries to take locks as they are asked for on stdin, never gives one back, and says how it went.
import { createInterface } from "node:readline";

const [, , entry, root] = process.argv;
const { openStore } = await import(entry);
const store = await openStore(root);
process.stdout.write("ready\n");
for await (const names of createInterface({ input: process.stdin })) {
  for (const name of names.split(" ")) {
    try {
      await (name === "use" ? store.use() : store.lock(name));
      process.stdout.write(`${name} won\n`);
    } catch (error) {
      process.stdout.write(`${name} ${error.code}\n`);
    }
  }
}
