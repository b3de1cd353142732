import { randomUUID } from "node:crypto";
import { livenessOf, type ProcessIdentity } from "./process-identity.ts";
import { sha256 } from "./sha256.ts";

/** A name, used once, that tells its owner: what it names has one from its first moment, with nothing written in it. */
export function ownedName(self: ProcessIdentity, token: string = randomUUID()): string {
  return [machineOf(self), bootOf(self), self.pid, self.startTime, token].join("_");
}

/** Whether the process that an owned name tells of lives; `unknown` for one of elsewhere and for any other name. */
export async function ownerLiveness(name: string, self: ProcessIdentity): Promise<"alive" | "dead" | "unknown"> {
  const [machine, boot, pid, startTime] = name.split("_");
  if (machine !== machineOf(self) || startTime === undefined) return "unknown";
  if (boot !== bootOf(self)) return "dead";
  return livenessOf({ ...self, pid: Number(pid), startTime: startTime || null }, self);
}

function machineOf({ host, pidNamespace }: ProcessIdentity): string {
  return sha256(`${host} ${pidNamespace}`).slice(0, 8);
}

function bootOf({ bootId }: ProcessIdentity): string {
  return sha256(String(bootId)).slice(0, 8);
}
