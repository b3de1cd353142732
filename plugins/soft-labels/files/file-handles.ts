import { type FileHandle, open } from "node:fs/promises";

interface OpenFile {
  readonly handle: Promise<FileHandle>;
  users: number;
}

/** Files held open for reading, the longest unused one closed first, so that many shards stay below the system's limit. */
export class FileHandles {
  readonly #most: number;
  /** In order of use, oldest first. */
  readonly #files: Map<string, OpenFile> = new Map();

  constructor(most: number) {
    this.#most = most;
  }

  /** Lends the open file to `use`; it is not closed meanwhile. */
  async use<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
    const file = this.#files.get(path) ?? { handle: open(path), users: 0 };
    this.#files.delete(path);
    this.#files.set(path, file);
    file.users += 1;
    try {
      return await use(await file.handle);
    } catch (error) {
      // A file that could not be opened is tried anew the next time.
      await file.handle.catch(() => this.#files.delete(path));
      throw error;
    } finally {
      file.users -= 1;
      await this.#closeUnused();
    }
  }

  async close(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(files.map(async ({ handle }) => (await handle.catch(() => undefined))?.close()));
  }

  async #closeUnused(): Promise<void> {
    for (const [path, file] of this.#files) {
      if (this.#files.size <= this.#most) return;
      if (file.users > 0) continue;
      this.#files.delete(path);
      await (await file.handle).close();
    }
  }
}
