import { extname } from "node:path";

/** Files that systems and programs leave behind, which nobody misses. */
const litter = new Set(["thumbs.db", "desktop.ini", "icon\r"]);
const namedEndings = 6;

/** Counts what a search for images passed over, to be said once. */
export class SkippedFiles {
  readonly #endings = new Map<string, number>();
  #brokenLinks: string[] = [];
  #loops = 0;
  #other = 0;

  noImage(name: string): void {
    if (litter.has(name.toLowerCase())) return;
    const ending = extname(name).toLowerCase() || "no ending";
    this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + 1);
  }

  brokenLink(path: string): void {
    this.#brokenLinks.push(path);
  }

  loop(): void {
    this.#loops++;
  }

  special(): void {
    this.#other++;
  }

  /** One sentence for each sort of thing that was passed over. */
  get notes(): readonly string[] {
    const notes: string[] = [];
    const endings = [...this.#endings].sort(([a, some], [b, others]) => others - some || (a < b ? -1 : 1));
    const total = endings.reduce((sum, [, count]) => sum + count, 0);
    if (total > 0) {
      const shown = endings.slice(0, namedEndings).map(([ending, count]) => `${count} ${ending}`);
      const more = endings.length > namedEndings ? ", …" : "";
      notes.push(`${total} ${files(total)} no image by content and passed over: ${shown.join(", ")}${more}`);
    }
    const [broken] = this.#brokenLinks;
    if (broken !== undefined) {
      const count = this.#brokenLinks.length;
      notes.push(
        `${count} ${count === 1 ? "link leads nowhere and is" : "links lead nowhere and are"} passed over, such as "${broken}"`,
      );
    }
    if (this.#loops > 0) notes.push(`${this.#loops} linked folders contain themselves and are passed over`);
    if (this.#other > 0) notes.push(`${this.#other} ${files(this.#other)} neither file nor folder and passed over`);
    return notes;
  }
}

function files(count: number): string {
  return count === 1 ? "file is" : "files are";
}
