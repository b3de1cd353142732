/**
 * Why kdflow's cache folder cannot hold a runtime, in words for people.
 *
 * @param error what the file system threw
 * @param folder where the runtime was to be
 */
export function cacheProblem(error: unknown, folder: string): string {
  const { code, message, path, syscall } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC") return `no space left on the disk of ${folder}`;
  if (syscall === "mkdir" || code === "EACCES" || code === "EROFS" || code === "EPERM") {
    return `${path ?? folder} cannot be written (set KDFLOW_CACHE to another place)`;
  }
  return message;
}
