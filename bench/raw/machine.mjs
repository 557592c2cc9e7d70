import { cpus, totalmem } from 'node:os';

/** This machine in a few words. */
export function machineText() {
  const gibibytes = Math.round(totalmem() / 2 ** 30);
  return `${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${cpus().length} cores, ${gibibytes} GiB, Node ${process.versions.node}`;
}
